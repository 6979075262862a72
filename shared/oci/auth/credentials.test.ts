import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DockerConfigError } from '../http/errors';
import { readDockerConfig } from './credentials';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const NAME = { registry: 'r.example', repository: 'a/b' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function find(name: string, config: unknown) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(folder, 'config.json'), text);
  const { PATH = '' } = process.env;
  const [registry = '', ...path] = name.split('/');
  const repository = path.join('/') || 'a/b';
  return readDockerConfig(folder, { PATH: `${folder}${delimiter}${PATH}` })({
    registry,
    repository,
  });
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
    expect(await readDockerConfig(folder)(NAME)).toBeUndefined();
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

  it.each([
    ['a user alone', { username: 'me' }, undefined],
    ['a password alone', { password: 'x' }, undefined],
    [
      'both next to an empty token',
      { username: 'me', password: 'x', identitytoken: '', auth: '' },
      { username: 'me', password: 'x' },
    ],
    ['an empty password', { auth: base64('me:') }, { username: 'me', password: '' }],
  ])('may hold %s', async (_what, entry, credentials) => {
    expect(await find('r.example', { auths: { 'r.example': entry } })).toEqual(credentials);
  });

  it('may name a store that is none', async () => {
    const auths = { 'r.example': { auth: base64('me:x') } };
    expect(await find('r.example', { auths, credsStore: '' })).toMatchObject({ username: 'me' });
  });

  it('holds identity tokens, which come before passwords', async () => {
    const auths = { 'r.example': { auth: base64('me:'), identitytoken: 'refresh' } };
    expect(await find('r.example', { auths })).toEqual({ identityToken: 'refresh' });
  });

  it.each([
    ['https://r.example/v1/', 'r.example'],
    ['http://R.example', 'r.example'],
    ['r.example/v1/', 'r.example'],
    ['https://r.example/other/', 'r.example'],
    ['index.docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'index.docker.io'],
  ])('may name a registry as %s', async (key, registry) => {
    const auths = { [key]: { auth: base64('me:x') } };
    expect(await find(registry, { auths })).toEqual({ username: 'me', password: 'x' });
  });

  it('may have keys with a path, of which the longest holds', async () => {
    const users = {
      'r.example/team': 'team',
      'r.example/team/api': 'api',
      'https://r.example/v1/': 'all',
      'r.example/team/api/deep': 'deep',
      'other.example/team/api': 'other',
    };
    const auths = Object.fromEntries(
      Object.entries(users).map(([key, user]) => [key, { auth: base64(`${user}:x`) }]),
    );
    const userOf = async (name: string) => await find(name, { auths });
    expect(await userOf('r.example/team/api')).toMatchObject({ username: 'api' });
    expect(await userOf('r.example/team/api/v1')).toMatchObject({ username: 'api' });
    expect(await userOf('r.example/team/web')).toMatchObject({ username: 'team' });
    expect(await userOf('r.example/teams')).toMatchObject({ username: 'all' });
    expect(await userOf('other.example/team/web')).toBeUndefined();
  });

  it.each([
    ['r.example', ['https://r.example/v1/', 'r.example/v2', 'r.example']],
    ['r.example:5000', ['https://r.example:5000', 'r.example', 'r.example:5000']],
    ['docker.io', ['docker.io', 'index.docker.io', 'https://index.docker.io/v1/']],
  ])('may name %s in several ways, of which its own holds', async (registry, keys) => {
    const credentials = await find(registry, {
      auths: Object.fromEntries(
        keys.map((key, at) => [key, { username: String(at), password: 'x' }]),
      ),
    });
    expect(credentials).toMatchObject({ username: String(keys.length - 1) });
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{ "auths": { "r.example": { "auth": "c2VjcmV0" ', ' is not a JSON object'],
    ['no object', '42', ' is not a JSON object'],
    ...['auth', 'username', 'password', 'identitytoken'].map((field): [string, unknown, string] => [
      `a wrong type of ${field}`,
      { auths: { 'r.example': { [field]: 42 } } },
      `: "auths.r.example.${field}" has the wrong type`,
    ]),
    ['a wrong type of all', { auths: [] }, ': "auths" has the wrong type'],
    ['a wrong type of the store', { credsStore: 42 }, ': "credsStore" has the wrong type'],
    [
      'a wrong type of a helper',
      { credHelpers: { 'r.example': 42 } },
      ': "credHelpers.r.example" has the wrong type',
    ],
    ...['secret', ':secret'].map((auth): [string, unknown, string] => [
      'no user',
      { auths: { 'r.example': { auth: base64(auth) } } },
      ': "auth" of r.example is not base64 of "user:password"',
    ]),
  ])('is refused with %s, and not quoted', async (_what, config, message) => {
    const error: unknown = await find('r.example', config).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DockerConfigError);
    expect(error).toMatchObject({
      name: 'DockerConfigError',
      message: `${join(folder, 'config.json')}${message}`,
    });
  });

  it('is refused when it cannot be read', async () => {
    const path = join(folder, 'x\0');
    await expect(readDockerConfig(path)(NAME)).rejects.toMatchObject({
      message: `${path}/config.json cannot be read`,
      cause: { code: 'ERR_INVALID_ARG_VALUE' },
    });
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

  it('of Docker Hub may be named in each way', async () => {
    await installHelper('one', ECHO);
    await installHelper('all', 'exit 1');
    const config = { credsStore: 'all', credHelpers: { 'index.docker.io': 'one' } };
    expect(await find('docker.io', config)).toEqual({
      username: 'get',
      password: 'for https://index.docker.io/v1/',
    });
  });

  it('may have any name that a program has', async () => {
    await installHelper('my_helper-2.0', ECHO);
    const config = { credHelpers: { 'r.example': 'my_helper-2.0' } };
    expect(await find('r.example', config)).toMatchObject({ username: 'get' });
  });

  it('may say more than is asked', async () => {
    await installHelper('one', `echo '{"Username":"me","Secret":"x","More":1}'`);
    const config = { credHelpers: { 'r.example': 'one' } };
    expect(await find('r.example', config)).toEqual({ username: 'me', password: 'x' });
  });

  it('may give an identity token', async () => {
    await installHelper('one', `echo '{"Username":"<token>","Secret":"refresh"}'`);
    const config = { credHelpers: { 'r.example': 'one' } };
    expect(await find('r.example', config)).toEqual({ identityToken: 'refresh' });
  });

  it('that knows nothing leaves it to the file, unless it is the registry’s own', async () => {
    await installHelper('none', `echo 'Credentials not found in native keychain'; exit 1`);
    const auths = { 'r.example': { auth: base64('me:x') } };
    expect(await find('r.example', { auths, credsStore: 'none' })).toMatchObject({
      username: 'me',
    });
    const credHelpers = { 'r.example': 'none' };
    expect(await find('r.example', { auths, credHelpers })).toBeUndefined();
  });

  it.each([
    [
      'is not installed',
      undefined,
      'docker-credential-one failed for r.example: spawn docker-credential-one ENOENT',
    ],
    [
      'fails',
      'echo "the keychain is locked" >&2; exit 1',
      'docker-credential-one failed for r.example: Command failed: docker-credential-one get\nthe keychain is locked\n',
    ],
    [
      'says nothing of use',
      'echo hello',
      'docker-credential-one gave no credentials for r.example that can be read',
    ],
    [
      'says half of it',
      `echo '{"Username":"me"}'`,
      'docker-credential-one gave no credentials for r.example that can be read',
    ],
    [
      'says too much',
      'head -c 70000 /dev/zero',
      'docker-credential-one failed for r.example: stdout maxBuffer length exceeded',
    ],
  ])('that %s is an error', async (_what, script, message) => {
    if (script !== undefined) await installHelper('one', script);
    const config = { credHelpers: { 'r.example': 'one' } };
    await expect(find('r.example', config)).rejects.toMatchObject({
      name: 'DockerConfigError',
      message,
    });
  });

  it('keeps why it failed', async () => {
    await installHelper('one', 'exit 3');
    const config = { credHelpers: { 'r.example': 'one' } };
    await expect(find('r.example', config)).rejects.toMatchObject({ cause: { code: 3 } });
  });

  it.each(['../../bin/sh', 'one/', ' one', 'one two'])('has a name, and not %j', async (name) => {
    const config = { credHelpers: { 'r.example': name } };
    await expect(find('r.example', config)).rejects.toThrow(
      new DockerConfigError(`"${name}" is not the name of a credential helper`),
    );
  });
});
