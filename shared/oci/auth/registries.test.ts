import { inspect } from 'node:util';
import { createTestRegistry, type TestRegistry } from '../../../local/servers/registry/test-client';
import { failureOf, openRepository } from '../../../test/support/open-repository';
import {
  createScriptedServer,
  type Script,
  type ScriptedServer,
} from '../../../test/support/scripted-server';
import type { RegistryClient } from '../client';
import type { Credentials } from './docker-token';
import { parseManifest } from '../manifest';
import { digestOf } from '../digest';
import { AddressRefusedError, NetworkError, RegistryError } from '../http/errors';
import { systemClock } from '../../system/clock';

const ME: Credentials = { username: 'me', password: 'correct horse' };
const users = { me: 'correct horse' };

let clients: RegistryClient[];
let servers: (ScriptedServer | TestRegistry)[];
beforeEach(() => {
  clients = [];
  servers = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(servers.map((server) => server.close()));
});

const open = (
  server: { address: string },
  credentials?: Credentials,
  options?: Parameters<typeof openRepository>[1],
) => {
  const opened = openRepository(server, {
    findCredentials: () => Promise.resolve(credentials),
    ...options,
  });
  clients.push(opened.client);
  return opened;
};

async function openRegistry(
  options: Parameters<typeof createTestRegistry>[0],
  credentials?: Credentials,
) {
  const registry = await createTestRegistry(options);
  servers.push(registry);
  return { registry, ...open(registry, credentials) };
}

/** A registry that requires `token-N` for its Nth token, and records requests. */
async function scripted(answerToken: Script, challenge?: (origin: string) => string) {
  const accepted = new Set<string>();
  const server: ScriptedServer = await createScriptedServer(async (request) => {
    if (request.path.startsWith('/token')) {
      const answer = await answerToken(request);
      const { token, access_token: other } = (answer.body ?? {}) as Record<string, string>;
      accepted.add(`Bearer ${token ?? other ?? ''}`);
      return answer;
    }
    if (accepted.has(request.headers.authorization ?? '')) return { status: 404 };
    const wanted =
      challenge?.(server.origin) ?? `Bearer realm="${server.origin}/token",service="s"`;
    return { status: 401, headers: { 'www-authenticate': wanted } };
  });
  servers.push(server);
  return server;
}

const pathsOf = (server: ScriptedServer) => server.requests.map(({ path }) => path);
const tokensOf = (server: ScriptedServer) =>
  pathsOf(server).filter((path) => path.startsWith('/token'));

describe('Basic authentication', () => {
  const auth = { scheme: 'basic', users } as const;

  it('is used once the registry has asked for it', async () => {
    const { registry, repository } = await openRegistry({ auth }, ME);
    await repository.headManifest('v1');
    await repository.headManifest('v2');
    expect(registry.requests.of('headManifest').map(({ status }) => status)).toEqual([
      401, 404, 404,
    ]);
  });

  it('is looked up once for many requests', async () => {
    const registry = await createTestRegistry({ auth });
    servers.push(registry);
    let looked = 0;
    const { repository } = open(registry, ME, {
      findCredentials: () => {
        looked += 1;
        return Promise.resolve(ME);
      },
    });
    for (const tag of ['a', 'b', 'c']) await repository.headManifest(tag);
    expect(looked).toBe(1);
  });

  it.each([
    ['there are no credentials', undefined],
    ['they are a token', { identityToken: 'x' }],
    ['they are wrong', { username: 'me', password: 'wrong' }],
  ])('fails with the registry’s answer when %s', async (_what, credentials) => {
    const { repository } = await openRegistry({ auth }, credentials);
    const error = await failureOf(repository.getManifest('v1'));
    expect(error).toMatchObject({ name: 'RegistryError', status: 401 });
  });
});

describe('token authentication', () => {
  const auth = { scheme: 'bearer', users } as const;

  it('gets one token for a repository, and pushes with it', async () => {
    const { registry, repository } = await openRegistry({ auth }, ME);
    const content = Buffer.from('content');
    const blob = { mediaType: 'x', digest: digestOf(content), size: content.length };
    const upload = await repository.mountOrStartUpload(blob.digest);
    if (upload === 'present') throw new Error('an upload was expected');
    await upload.write(blob, content);
    expect(await repository.hasBlob(blob.digest)).toBe(true);
    expect(registry.requests.counts()).toEqual({ mountBlob: 2, token: 1, putBlob: 1, headBlob: 1 });
    const scope = new URL(registry.requests.of('token')[0]!.path, 'http://x').searchParams;
    expect(scope.getAll('scope')).toEqual(['repository:a/b:pull,push']);
  });

  it('knows after the first answer how the registry wants to be asked', async () => {
    const { client, registry, repository } = await openRegistry({ auth }, ME);
    await repository.headManifest('v1');
    const name = { registry: registry.address, repository: 'c/d' };
    await client.open(name, { access: 'pull' }).headManifest('v1');
    expect(registry.requests.of().map(({ kind, status }) => `${kind} ${status ?? 0}`)).toEqual([
      'headManifest 401',
      'token 200',
      'headManifest 404',
      'token 200',
      'headManifest 404',
    ]);
  });

  it('gets one token for all who wait for it', async () => {
    const { registry, repository } = await openRegistry({ auth }, ME);
    await Promise.all(Array.from({ length: 10 }, () => repository.headManifest('v1')));
    expect(registry.requests.of('token')).toHaveLength(1);
  });

  it('gets a new token before the old one expires', async () => {
    let now = 1_000_000;
    const registry = await createTestRegistry({ auth: { ...auth, expiresSeconds: 300 } });
    servers.push(registry);
    const { repository } = open(registry, ME, { clock: { ...systemClock, now: () => now } });
    await repository.headManifest('v1');
    now += 289_000;
    await repository.headManifest('v1');
    expect(registry.requests.of('token')).toHaveLength(1);
    now += 2000;
    await repository.headManifest('v1');
    expect(registry.requests.of('token')).toHaveLength(2);
    expect(registry.requests.of('headManifest')).toHaveLength(4);
  });

  it('renews a token that is refused in the middle once, for all who were refused', async () => {
    let issued = 0;
    let refused = '';
    const server = await createScriptedServer(({ path, headers: { authorization = '' } }) => {
      if (path.startsWith('/token')) return { body: { token: `token${(issued += 1)}` } };
      const wanted = `Bearer realm="${server.origin}/token"`;
      return authorization === refused
        ? { status: 401, headers: { 'www-authenticate': wanted } }
        : { status: 404 };
    });
    servers.push(server);
    const { repository } = open(server, ME);
    await repository.headManifest('v1');
    refused = 'Bearer token1';
    const asked = Array.from({ length: 5 }, () => repository.headManifest('v1'));
    expect(await Promise.all(asked)).toEqual(Array(5).fill(undefined));
    expect(issued).toBe(2);
    expect(server.requests).toHaveLength(2 + 1 + 5 + 1 + 5);
  });

  it('gives up after one renewal', async () => {
    let issued = 0;
    const server = await createScriptedServer(({ path }) => {
      if (path.startsWith('/token')) return { body: { token: `token-${(issued += 1)}` } };
      const wanted = `Bearer realm="${server.origin}/token"`;
      return { status: 401, headers: { 'www-authenticate': wanted } };
    });
    servers.push(server);
    const error = await failureOf(open(server).repository.getManifest('v1'));
    expect(error).toMatchObject({ status: 401, credentialsRenewed: false });
    expect(issued).toBe(2);
    expect(server.requests).toHaveLength(5);
  });

  it('pulls without credentials', async () => {
    const { registry, repository } = await openRegistry({ auth: { ...auth, anonymousPull: true } });
    const name = { registry: registry.address, repository: 'a/b' };
    expect(await clients[0]!.open(name, { access: 'pull' }).headManifest('v1')).toBeUndefined();
    expect(await failureOf(repository.startUpload(digestOf(Buffer.from('x'))))).toMatchObject({
      status: 401,
    });
  });

  it('mounts from another repository with a token that may read it', async () => {
    const { registry, repository } = await openRegistry({ auth }, ME);
    const { digest } = { digest: digestOf(Buffer.from('x')) };
    await repository.mountOrStartUpload(digest, { from: 'other/one' });
    const { searchParams } = new URL(registry.requests.of('token')[0]!.path, 'http://x');
    expect(searchParams.getAll('scope')).toEqual([
      'repository:a/b:pull,push',
      'repository:other/one:pull',
    ]);
  });

  it.each([
    ['on another host', { from: 'other/one', origin: 'eu.example.com' }],
    ['of its own', { from: 'a/b' }],
  ])('asks for nothing more to mount from a repository %s', async (_where, mount) => {
    const { registry, repository } = await openRegistry({ auth }, ME);
    await repository.mountOrStartUpload(digestOf(Buffer.from('x')), mount);
    const { searchParams } = new URL(registry.requests.of('token')[0]!.path, 'http://x');
    expect(searchParams.getAll('scope')).toEqual(['repository:a/b:pull,push']);
  });

  it.each([
    ['token', 'token'],
    ['access_token', 'access_token'],
  ])('takes the token from %s', async (_what, field) => {
    const server = await scripted(() => ({ body: { [field]: 'abc' } }));
    expect(await open(server).repository.headManifest('v1')).toBeUndefined();
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer abc');
  });

  it('takes a token for valid for a minute when nothing is said', async () => {
    let now = 0;
    let issued = 0;
    const server = await scripted(() => ({
      body: { token: `t${(issued += 1)}`, expires_in: 'soon' },
    }));
    const { repository } = open(server, undefined, { clock: { ...systemClock, now: () => now } });
    await repository.headManifest('v1');
    now = 49_000;
    await repository.headManifest('v1');
    expect(issued).toBe(1);
    now = 51_000;
    await repository.headManifest('v1');
    expect(issued).toBe(2);
  });

  it('keeps the query of the realm, and asks in the registry’s own words', async () => {
    const server = await scripted(
      () => ({ body: { token: 'x' } }),
      (origin) => `Basic realm="x", Bearer realm="${origin}/token?a=b",service="the service"`,
    );
    await open(server, ME).repository.headManifest('v1');
    expect(tokensOf(server)).toEqual([
      '/token?a=b&service=the+service&scope=repository%3Aa%2Fb%3Apull%2Cpush',
    ]);
    const { authorization } = server.requests[1]!.headers;
    expect(authorization).toBe(`Basic ${Buffer.from('me:correct horse').toString('base64')}`);
  });

  it('asks for what the registry wants besides when a token does not do, and remembers it', async () => {
    let issued = 0;
    const wide = 'repository:library/a/b:pull';
    const server: ScriptedServer = await createScriptedServer(({ path, headers }) => {
      if (path.startsWith('/token')) {
        return { body: { token: path.includes('library') ? 'wide' : `narrow${(issued += 1)}` } };
      }
      if (headers.authorization === 'Bearer wide') return { status: 404 };
      const wanted = `Bearer realm="${server.origin}/token",scope="${wide}",error="insufficient_scope"`;
      const status = headers.authorization === undefined ? 401 : 403;
      return { status, headers: { 'www-authenticate': wanted } };
    });
    servers.push(server);
    const { repository } = open(server);
    expect(await repository.headManifest('v1')).toBeUndefined();
    expect(await repository.headManifest('v1')).toBeUndefined();
    expect(tokensOf(server)).toHaveLength(2);
    const { searchParams } = new URL(tokensOf(server)[1]!, 'http://x');
    expect(searchParams.getAll('scope')).toEqual([wide, 'repository:a/b:pull,push']);
  });

  it('turns an identity token into an access token', async () => {
    const server = await scripted(() => ({ body: { access_token: 'x' } }));
    await open(server, { identityToken: 'refresh me' }).repository.headManifest('v1');
    const [, post] = server.requests;
    expect(post).toMatchObject({ method: 'POST', path: '/token' });
    expect(Object.fromEntries(new URLSearchParams(post?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh me',
      client_id: 'registry-relay',
      service: 's',
      scope: 'repository:a/b:pull,push',
    });
  });
});

describe('a token endpoint', () => {
  it.each([404, 405])(
    'that answers %d to OAuth gets the identity token as a password',
    async (status) => {
      const server = await scripted(({ method }) =>
        method === 'POST' ? { status } : { body: { token: 'x' } },
      );
      await open(server, { identityToken: 'refresh' }).repository.headManifest('v1');
      const [, , get] = server.requests;
      expect(get).toMatchObject({ method: 'GET' });
      const basic = `Basic ${Buffer.from('<token>:refresh').toString('base64')}`;
      expect(get?.headers.authorization).toBe(basic);
    },
  );

  it.each([400, 403, 404])(
    'that refuses with %d means 401, never that something is gone',
    async (status) => {
      const server = await scripted(() => ({ status, body: { details: 'no such account' } }));
      const error = await failureOf(open(server).repository.headManifest('v1'));
      expect(error).toBeInstanceOf(RegistryError);
      expect(error).toMatchObject({
        status: 401,
        url: `${server.origin}/token`,
        detail: `the token endpoint answered ${status}: no such account`,
      });
    },
  );

  it.each<[string, Credentials]>([
    ['a password', ME],
    ['an identity token', { identityToken: 'correct horse' }],
  ])('that repeats %s gets it into no error', async (_what, credentials) => {
    const server = await scripted(({ method, headers, body }) => {
      const { authorization = '' } = headers;
      const clear = Buffer.from(authorization.slice(6), 'base64').toString();
      const said = `${method} with ${authorization} ${clear} ${body}`;
      return { status: 400, body: { error: 'invalid_grant', error_description: said } };
    });
    const error = await failureOf(open(server, credentials).repository.headManifest('v1'));
    const shown = inspect(error, { depth: 9 });
    expect(shown).toContain('invalid_grant');
    expect(shown).not.toMatch(/correct.horse|bWU6Y29ycmVjdCBob3JzZQ/);
  });

  it('that drips is abandoned, and the next request fetches it again', async () => {
    let asked = 0;
    const server: ScriptedServer = await createScriptedServer(
      () => ({}),
      ({ url = '', headers }, response) => {
        if (headers.authorization === 'Bearer x') return void response.writeHead(404).end();
        if (!url.startsWith('/token')) {
          const wanted = `Bearer realm="${server.origin}/token"`;
          return void response.writeHead(401, { 'www-authenticate': wanted }).end();
        }
        asked += 1;
        if (asked > 3) return void response.end('{"token":"x"}');
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
    );
    servers.push(server);
    const { repository } = open(server, undefined, { timeouts: { answer: 100 } });
    expect(await failureOf(repository.headManifest('v1'))).toBeInstanceOf(NetworkError);
    expect(asked).toBe(3);
    expect(await repository.headManifest('v1')).toBeUndefined();
  });

  it('that is busy is asked again', async () => {
    const answers = [{ status: 503 }, { status: 429 }];
    const server = await scripted(() => answers.shift() ?? { body: { token: 'x' } });
    const { repository, sleeps } = open(server);
    expect(await repository.headManifest('v1')).toBeUndefined();
    expect(tokensOf(server)).toHaveLength(3);
    expect(sleeps).toHaveLength(2);
  });

  it.each([
    ['no token', {}],
    ['a line break', { token: 'x\r\nhost: evil' }],
    ['no JSON', 'hello'],
    ['too much', `{"token":"x"}${' '.repeat(70_000)}`],
  ])('that gives %s means 401', async (_what, body) => {
    const server = await scripted(() => ({ body }));
    expect(await failureOf(open(server).repository.getManifest('v1'))).toMatchObject({
      status: 401,
      detail: 'the token endpoint answered 200 without a token',
    });
  });

  it.each([
    'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token',
    'http://10.0.0.1/token',
    'http://[fd20:ce::254]/token',
    'http://me:x@127.0.0.1/token',
    'file:///etc/passwd',
    '',
  ])('is not at %j', async (realm) => {
    const server = await scripted(
      () => ({}),
      () => `Bearer realm="${realm}"`,
    );
    const error = await failureOf(open(server, ME).repository.getManifest('v1'));
    const isRefused = error instanceof AddressRefusedError;
    expect(isRefused || (error as RegistryError).status === 401).toBe(true);
    expect(tokensOf(server)).toStrictEqual([]);
    expect(server.requests.some(({ headers }) => headers.authorization)).toBe(false);
  });

  it('at another port over http gets no password, and the error says so', async () => {
    const issuer = await createScriptedServer(() => ({ status: 401 }));
    servers.push(issuer);
    const server = await scripted(
      () => ({}),
      () => `Bearer realm="${issuer.origin}/token"`,
    );
    const plainHttpHosts = [server.address, issuer.address];
    await expect(open(server, ME, { plainHttpHosts }).repository.getManifest('v1')).rejects.toThrow(
      'without the credentials of the registry, which go over https or to the registry itself',
    );
    expect(issuer.requests.map(({ headers }) => headers.authorization)).toStrictEqual([undefined]);
  });

  it('at another port over http is asked for a token that takes no password', async () => {
    const issuer = await createScriptedServer(() => ({ body: { token: 'anonymous' } }));
    const server = await createScriptedServer(({ headers }) =>
      headers.authorization === 'Bearer anonymous'
        ? { status: 404 }
        : {
            status: 401,
            headers: { 'www-authenticate': `Bearer realm="${issuer.origin}/token"` },
          },
    );
    servers.push(issuer, server);
    const plainHttpHosts = [server.address, issuer.address];
    const { repository } = open(server, ME, { plainHttpHosts });
    expect(await failureOf(repository.getManifest('v1'))).toMatchObject({ status: 404 });
  });

  it.each(['127.0.0.1', 'localhost'])('at another port of %s is not asked', async (host) => {
    const issuer = await createScriptedServer(() => ({ body: { token: 'x' } }));
    servers.push(issuer);
    const realm = issuer.origin.replace('127.0.0.1', host);
    const server = await scripted(
      () => ({}),
      () => `Bearer realm="${realm}/token"`,
    );
    const address = server.address.replace('127.0.0.1', host);
    const error = await failureOf(open({ address }, ME).repository.getManifest('v1'));
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect(issuer.requests).toStrictEqual([]);
  });

  it('at another plain host gets no password', async () => {
    const issuer = await createScriptedServer(() => ({ body: { token: 'x' } }));
    const port = issuer.address.split(':')[1] ?? '';
    const lookup: NonNullable<Parameters<typeof openRepository>[1]>['lookup'] = (
      _name,
      _options,
      callback,
    ) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const server = await scripted(
      () => ({}),
      () => `Bearer realm="http://8.8.8.8.example:${port}/token"`,
    );
    servers.push(issuer);
    const error = await failureOf(open(server, ME, { lookup }).repository.getManifest('v1'));
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect(issuer.requests).toStrictEqual([]);
  });

  it('is never named by another origin than the registry', async () => {
    const evil = await createScriptedServer(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${evil.origin}/token"` },
    }));
    const server = await createScriptedServer(() => ({
      status: 302,
      headers: { location: `${evil.origin}/blob` },
    }));
    servers.push(evil, server);
    const plainHttpHosts = [server.address, evil.address];
    const { repository } = open(server, ME, { plainHttpHosts });
    expect(await failureOf(repository.getManifest('v1'))).toMatchObject({ status: 401 });
    expect(evil.requests).toHaveLength(1);
    expect(evil.requests[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('a mount', () => {
  it.each([
    ['from another repository of the registry', { from: 'vendor/x' }, ['repository:vendor/x:pull']],
    ['from the repository itself', undefined, []],
    ['from another registry', { from: 'vendor/x', origin: 'gcr.io' }, []],
  ])('%s is asked for with what it reads', async (_what, offer, besides) => {
    const server = await scripted(() => ({ body: { token: 'x' } }));
    await failureOf(
      open(server, ME).repository.mountOrStartUpload(digestOf(Buffer.from('x')), offer),
    );
    const scopes = tokensOf(server).map((path) =>
      new URL(path, server.origin).searchParams.getAll('scope'),
    );
    expect(scopes[0]).toEqual(['repository:a/b:pull,push', ...besides]);
  });
});

describe('credentials', () => {
  it('follow a redirect on the registry’s own origin, and no other', async () => {
    const elsewhere = await createScriptedServer(({ path }) => ({
      status: 302,
      headers: { location: path === '/one' ? `${server.origin}/back` : '/one' },
    }));
    const server: ScriptedServer = await createScriptedServer(({ path, headers }) => {
      if (headers.authorization === undefined && path !== '/back') {
        return { status: 401, headers: { 'www-authenticate': 'Basic' } };
      }
      if (path === '/own') return { status: 302, headers: { location: `${elsewhere.origin}/one` } };
      return path === '/back' ? { status: 404 } : { status: 302, headers: { location: '/own' } };
    });
    servers.push(elsewhere, server);
    const plainHttpHosts = [server.address, elsewhere.address];
    await open(server, ME, { plainHttpHosts }).repository.headManifest('v1');
    const sent = (one: ScriptedServer) =>
      one.requests.map(({ path, headers }) => [path, headers.authorization !== undefined]);
    expect(sent(server)).toEqual([
      ['/v2/a/b/manifests/v1', false],
      ['/v2/a/b/manifests/v1', true],
      ['/own', true],
      ['/back', false],
    ]);
    expect(sent(elsewhere)).toEqual([['/one', false]]);
  });

  it('do not go to an upload Location on another origin', async () => {
    const elsewhere = await createScriptedServer(() => ({ status: 201 }));
    const server: ScriptedServer = await createScriptedServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic' } }
        : { status: 202, headers: { location: `${elsewhere.origin}/up` } },
    );
    servers.push(elsewhere, server);
    const content = Buffer.from('x');
    const blob = { mediaType: 'x', digest: digestOf(content), size: 1 };
    const plainHttpHosts = [server.address, elsewhere.address];
    const { repository } = open(server, ME, { plainHttpHosts });
    await (await repository.startUpload(blob.digest)).write(blob, content);
    expect(elsewhere.requests[0]?.headers).not.toHaveProperty('authorization');
    const refused = failureOf(open(server, ME).repository.startUpload(blob.digest));
    expect(await refused).toBeInstanceOf(AddressRefusedError);
  });

  it('do not help to another port of a private host, to which a redirect is refused', async () => {
    const elsewhere = await createScriptedServer(() => ({ status: 404 }));
    const server = await createScriptedServer(() => ({
      status: 302,
      headers: { location: `${elsewhere.origin}/x` },
    }));
    servers.push(elsewhere, server);
    const error = await failureOf(open(server).repository.getManifest('v1'));
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect(elsewhere.requests).toStrictEqual([]);
  });

  it.each<[string, string, Credentials]>([
    ['a token', 'Bearer', ME],
    ['a password', 'Basic', ME],
    ['an identity token', 'Bearer', { identityToken: 'correct horse' }],
  ])(
    'never show in an error, though the server repeats them: %s',
    async (_what, scheme, credentials) => {
      const server: ScriptedServer = await createScriptedServer(({ path, headers }) => {
        if (path.startsWith('/token')) return { body: { token: 'issued-token' } };
        const wanted = `${scheme} realm="${server.origin}/token"`;
        const { authorization } = headers;
        const clear = Buffer.from(authorization?.slice(6) ?? '', 'base64').toString();
        return authorization === undefined
          ? { status: 401, headers: { 'www-authenticate': wanted } }
          : { status: 400, body: `you sent ${authorization}, which is ${clear}` };
      });
      servers.push(server);
      const error = await failureOf(open(server, credentials).repository.getManifest('v1'));
      const shown = inspect(error, { depth: 9 });
      expect(shown).toContain('you sent');
      expect(shown).not.toMatch(/correct horse|issued-token|bWU6Y29ycmVjdCBob3JzZQ/);
    },
  );

  it('do not show in the path or the digest that a server makes of them', async () => {
    const server: ScriptedServer = await createScriptedServer(({ method, path, headers }) => {
      if (path.startsWith('/token')) return { body: { token: 'issued-token' } };
      const { authorization } = headers;
      if (authorization === undefined) {
        const wanted = `Bearer realm="${server.origin}/token"`;
        return { status: 401, headers: { 'www-authenticate': wanted } };
      }
      if (method === 'POST') return { status: 202, headers: { location: '/v2/issued-token/up' } };
      if (path.includes('/up')) return { status: 400 };
      return { status: 201, headers: { 'docker-content-digest': 'issued-token' } };
    });
    servers.push(server);
    const { repository } = open(server, ME);
    const bytes = Buffer.from('{"layers":[]}');
    const blob = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };
    const upload = await repository.startUpload(blob.digest);
    const errors = [
      await failureOf(upload.write(blob, bytes)),
      await failureOf(repository.putManifest(parseManifest(bytes, undefined), 'v1')),
    ];
    expect(inspect(errors, { depth: 9 })).not.toContain('issued-token');
  });

  it('that cannot be found are the reason of the failure', async () => {
    const server = await scripted(() => ({ body: { token: 'x' } }));
    const reason = new Error('the helper is not installed');
    const { repository } = open(server, undefined, {
      findCredentials: () => Promise.reject(reason),
    });
    expect(await failureOf(repository.getManifest('v1'))).toBe(reason);
  });
});
