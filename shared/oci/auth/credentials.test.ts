import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DockerConfigError, readDockerConfig } from './credentials';

const base64 = (text: string) => Buffer.from(text).toString('base64');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function find(registry: string, config: unknown) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(folder, 'config.json'), text);
  const { PATH = '' } = process.env;
  return readDockerConfig(folder, { PATH: `${folder}${delimiter}${PATH}` })(registry);
}

/** A program that answers as credential helpers do. */
async function installHelper(name: string, script: string) {
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o700);
}

const ECHO = `read server; printf '{"ServerURL":"%s","Username":"%s","Secret":"for %s"}' "$server" "$1" "$server"`;

describe('the file', () => {
  it('may be missing', async () => {
    expect(await readDockerConfig(folder)('r.example')).toBeUndefined();
  });

  it('may be empty', async () => {
    expect(await find('r.example', {})).toBeUndefined();
    expect(await find('r.example', { auths: { 'r.example': {} } })).toBeUndefined();
  });

  it('holds user and password, in either form', async () => {
    const auths = {
      'r.example': { auth: base64('me:pass:word') },
      'r.example:5000': { username: 'you', password: 'secret' },
    };
    expect(await find('r.example', { auths })).toEqual({ username: 'me', password: 'pass:word' });
    expect(await find('r.example:5000', { auths })).toEqual({
      username: 'you',
      password: 'secret',
    });
    expect(await find('other.example', { auths })).toBeUndefined();
  });

  it('holds identity tokens, which come before passwords', async () => {
    const auths = { 'r.example': { auth: base64('me:'), identitytoken: 'refresh' } };
    expect(await find('r.example', { auths })).toEqual({ identityToken: 'refresh' });
  });

  it.each([
    ['https://r.example/v1/', 'r.example'],
    ['http://R.example', 'r.example'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'index.docker.io'],
  ])('may name a registry as %s', async (key, registry) => {
    const auths = { [key]: { auth: base64('me:x') } };
    expect(await find(registry, { auths })).toEqual({ username: 'me', password: 'x' });
  });

  it.each([
    ['no JSON', '{ "auths": { "r.example": { "auth": "c2VjcmV0" ', /is not a JSON object/],
    ['no object', '42', /is not a JSON object/],
    [
      'a wrong type',
      { auths: { 'r.example': { auth: 42 } } },
      /"auths\.r\.example\.auth" has the wrong type/,
    ],
    [
      'no user',
      { auths: { 'r.example': { auth: base64('secret') } } },
      /"auth" of r\.example is not base64/,
    ],
  ])('is refused with %s, and not quoted', async (_what, config, message) => {
    const error: unknown = await find('r.example', config).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DockerConfigError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/secret|c2VjcmV0/);
  });

  it('is refused when it cannot be read', async () => {
    await expect(readDockerConfig(join(folder, 'x\0'))('r.example')).rejects.toThrow(
      'cannot be read',
    );
  });

  it('is read again each time', async () => {
    const before = { auths: { 'r.example': { auth: base64('me:old') } } };
    expect(await find('r.example', before)).toMatchObject({ password: 'old' });
    const after = { auths: { 'r.example': { auth: base64('me:new') } } };
    expect(await find('r.example', after)).toMatchObject({ password: 'new' });
  });
});

describe('a credential helper', () => {
  it('is asked for its registry, and the store for all others', async () => {
    await installHelper('one', ECHO);
    await installHelper('all', ECHO);
    const config = { credsStore: 'all', credHelpers: { 'r.example': 'one' } };
    expect(await find('r.example', config)).toEqual({ username: 'get', password: 'for r.example' });
    expect(await find('docker.io', config)).toEqual({
      username: 'get',
      password: 'for https://index.docker.io/v1/',
    });
  });

  it('may give an identity token', async () => {
    await installHelper('one', `echo '{"Username":"<token>","Secret":"refresh"}'`);
    const config = { credHelpers: { 'r.example': 'one' } };
    expect(await find('r.example', config)).toEqual({ identityToken: 'refresh' });
  });

  it('that knows nothing leaves it to the file, unless it is the registry’s own', async () => {
    await installHelper('none', `echo 'credentials not found in native keychain'; exit 1`);
    const auths = { 'r.example': { auth: base64('me:x') } };
    expect(await find('r.example', { auths, credsStore: 'none' })).toMatchObject({
      username: 'me',
    });
    const credHelpers = { 'r.example': 'none' };
    expect(await find('r.example', { auths, credHelpers })).toBeUndefined();
  });

  it.each([
    ['is not installed', undefined, /docker-credential-one failed for r\.example/],
    ['fails', 'echo "the keychain is locked" >&2; exit 1', /the keychain is locked/],
    ['says nothing of use', 'echo hello', /gave no credentials for r\.example that can be read/],
  ])('that %s is an error', async (_what, script, message) => {
    if (script !== undefined) await installHelper('one', script);
    const config = { credHelpers: { 'r.example': 'one' } };
    await expect(find('r.example', config)).rejects.toThrow(message);
  });

  it('has a name, and no path', async () => {
    const config = { credHelpers: { 'r.example': '../../bin/sh' } };
    await expect(find('r.example', config)).rejects.toThrow(
      'is not the name of a credential helper',
    );
  });
});
