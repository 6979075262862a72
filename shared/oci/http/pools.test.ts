import { lookup as dnsLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { failureOf, openRepository } from '../../../test/support/open-repository';
import { createScriptedServer, type ScriptedServer } from '../../../test/support/scripted-server';
import type { RegistryClient } from '../client';
import { AddressRefusedError, NetworkError } from './errors';
import { createPools } from './pools';

let victim: ScriptedServer;
let registry: ScriptedServer;
let location: string;
const clients: RegistryClient[] = [];
beforeAll(async () => {
  victim = await createScriptedServer(() => ({ status: 404 }));
  registry = await createScriptedServer(() => ({ status: 302, headers: { location } }));
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all([victim.close(), registry.close()]);
});

beforeEach(() => victim.reset());

/** A resolver with names of its own. */
const resolver =
  (names: Record<string, string[]>): LookupFunction =>
  (name, options, callback) => {
    const found = names[name]?.map((address) => ({ address, family: isIP(address) }));
    if (found === undefined) dnsLookup(name, options, callback);
    else callback(null, found);
  };

const open = (server: { address: string }, names: Record<string, string[]> = {}) => {
  const opened = openRepository(server, {
    lookup: resolver(names),
    retryBudget: { remaining: 0 },
    plainHttpHosts: ['127.0.0.1', 'registry.example'],
  });
  clients.push(opened.client);
  return opened;
};

describe('a registry that points elsewhere', () => {
  it.each([
    ['localhost', {}],
    ['us-kfp.localhost', {}],
    ['evil.example', { 'evil.example': ['127.0.0.1'] }],
    ['evil.example', { 'evil.example': ['::1'] }],
    ['evil.example', { 'evil.example': ['::ffff:127.0.0.1'] }],
    ['evil.example', { 'evil.example': ['8.8.8.8', '127.0.0.1'] }],
    ['evil.example', { 'evil.example': ['169.254.169.254'] }],
    ['evil.example', { 'evil.example': ['fd20:ce::254'] }],
    ['evil.example', { 'evil.example': ['10.0.0.1'] }],
    ['evil.example', { 'evil.example': ['0.0.0.0'] }],
    ['metadata.google.internal', { 'metadata.google.internal': ['169.254.169.254'] }],
  ])('is not followed to %s, which resolves to %j', async (host, names) => {
    location = `http://${host}:${victim.address.split(':')[1] ?? ''}/x`;
    const error = await failureOf(open(registry, names).repository.headManifest('v1'));
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect((error as Error).message).toMatch(
      /resolves to .*, where no registry should point: not connected$/,
    );
    expect(victim.requests).toStrictEqual([]);
  });

  it('gains nothing by another answer to the same name: each connection is checked', async () => {
    const port = victim.address.split(':')[1] ?? '';
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const asked: string[] = [];
    const client = openRepository(registry, {
      retryBudget: { remaining: 0 },
      timeouts: { connect: 50 },
      lookup: (name, options, callback) => {
        asked.push(name);
        resolver({ [name]: answers.shift() ?? [] })(name, options, callback);
      },
    });
    clients.push(client.client);
    location = `http://rebinding.example:${port}/x`;
    expect(await failureOf(client.repository.headManifest('v1'))).toBeInstanceOf(NetworkError);
    expect(await failureOf(client.repository.headManifest('v1'))).toBeInstanceOf(
      AddressRefusedError,
    );
    expect(asked).toEqual(['rebinding.example', 'rebinding.example']);
    expect(victim.requests).toStrictEqual([]);
  });

  it('cannot use the connection that another copy has open to a private registry', async () => {
    const names = { 'public.example': ['127.0.0.1'], 'private.example': ['127.0.0.1'] };
    const port = (server: ScriptedServer) => server.address.split(':')[1] ?? '';
    const opened = openRepository(
      { address: `private.example:${port(victim)}` },
      {
        lookup: resolver(names),
        plainHttpHosts: ['public.example', 'private.example'],
        retryBudget: { remaining: 0 },
      },
    );
    clients.push(opened.client);
    expect(await opened.repository.headManifest('v1')).toBeUndefined();
    const seen = victim.requests.length;
    location = `http://private.example:${port(victim)}/x`;
    const name = { registry: `public.example:${port(registry)}`, repository: 'a/b' };
    const evil = opened.client.open(name, { access: 'pull' });
    expect(await failureOf(evil.headManifest('v1'))).toBeInstanceOf(AddressRefusedError);
    expect(victim.requests).toHaveLength(seen);
  });
});

describe('a connection', () => {
  const ask = async (origin: string, configured: boolean, lookup?: LookupFunction) => {
    const pools = createPools({ connectTimeoutMs: 1000, lookup });
    const pool = pools.poolFor(new URL(origin), configured);
    const outcome = await pool.request({ method: 'GET', path: '/' }).then(
      async ({ body, statusCode }) => {
        await body.dump();
        return statusCode;
      },
      (error: unknown) => error,
    );
    await pools.close();
    return outcome;
  };
  const port = () => victim.address.split(':')[1] ?? '';
  const nobody: LookupFunction = (name, _options, callback) =>
    callback(Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' }), '');

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['169.254.169.254', '169.254.169.254'],
  ])('is not made to %s itself', async (host, address) => {
    expect(await ask(`http://${host}:1`, false)).toEqual(
      new AddressRefusedError(
        `${address} is not a public address, and not the configured registry: not connected`,
      ),
    );
  });

  it('is not made to a name of a private address', async () => {
    const lookup = resolver({ 'evil.example': ['8.8.8.8', '10.0.0.1'] });
    expect(await ask('http://evil.example:1', false, lookup)).toEqual(
      new AddressRefusedError(
        'evil.example resolves to 10.0.0.1, where no registry should point: not connected',
      ),
    );
  });

  it('is made to the address that the operator named', async () => {
    expect(await ask(`http://127.0.0.1:${port()}`, true, nobody)).toBe(404);
  });

  it('is made to this machine by each name below localhost, which no resolver need know', async () => {
    expect(await ask(`http://us-kfp.localhost:${port()}`, true, nobody)).toBe(404);
    expect(await ask(`http://us-kfp.localhost:${port()}`, false, nobody)).toBeInstanceOf(
      AddressRefusedError,
    );
  });

  it.each(['localhost.example', 'notlocalhost', 'x.localhost.example'])(
    'is not made to the unknown name %s',
    async (host) => {
      expect(await ask(`http://${host}:${port()}`, true, nobody)).toMatchObject({
        code: 'ENOTFOUND',
        message: `no ${host}`,
      });
    },
  );
});

it('keeps apart what the operator named from what a registry points at', async () => {
  const pools = createPools({ connectTimeoutMs: 100 });
  const at = (path: string, configured: boolean) =>
    pools.poolFor(new URL(path, 'http://h.example'), configured);
  expect(at('/a', true)).toBe(at('/b', true));
  expect(at('/a', false)).toBe(at('/b', false));
  expect(at('/a', true)).not.toBe(at('/a', false));
  expect(at('/a', true)).not.toBe(at('http://h.example:81', true));
  await pools.close();
});

it('is closed for good', async () => {
  const pools = createPools({ connectTimeoutMs: 100 });
  const url = new URL('http://h.example');
  const pool = pools.poolFor(url, false);
  await pools.close();
  expect(pool.destroyed).toBe(true);
  expect(() => pools.poolFor(url, false)).toThrow(new Error('the registry client is closed'));
});

it('lets go of the origin that was not used for longest', async () => {
  const pools = createPools({ connectTimeoutMs: 100 });
  const poolOf = (index: number) => pools.poolFor(new URL(`http://h${index}.example`), false);
  const [first, second] = [poolOf(0), poolOf(1)];
  for (let index = 2; index < 256; index += 1) poolOf(index);
  expect(poolOf(0)).toBe(first);
  poolOf(256);
  expect(second.closed).toBe(true);
  expect(poolOf(0)).toBe(first);
  expect(poolOf(1)).not.toBe(second);
  await pools.close();
});

describe('the registry that the operator named', () => {
  it('may be at a private address', async () => {
    const port = victim.address.split(':')[1] ?? '';
    const { repository } = open(
      { address: `registry.example:${port}` },
      { 'registry.example': ['127.0.0.1'] },
    );
    expect(await repository.headManifest('v1')).toBeUndefined();
  });

  it.each(['169.254.169.254', 'fe80::1', 'fd20:ce::254', '::ffff:169.254.169.254'])(
    'may not have a name that resolves to %s',
    async (address) => {
      const { repository } = open(
        { address: 'registry.example' },
        { 'registry.example': [address] },
      );
      expect(await failureOf(repository.headManifest('v1'))).toBeInstanceOf(AddressRefusedError);
    },
  );

  it('may have no address at all, which is a failure of the network', async () => {
    const { repository } = open({ address: 'registry.example' }, { 'registry.example': [] });
    expect(await failureOf(repository.headManifest('v1'))).toBeInstanceOf(NetworkError);
  });
});
