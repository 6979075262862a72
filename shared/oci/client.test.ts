import { text } from 'node:stream/consumers';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { failureOf } from '../../test/support/open-repository';
import { createScriptedSend, type ArrivingAnswer } from '../../test/support/scripted-send';
import { useTestRegistry } from '../../test/support/use-test-registry';
import { createRegistryClient, type OpenOptions, type RegistryClientDeps } from './client';
import { digestOf } from './digest';
import { NetworkError } from './http/errors';
import type { ObservedRequest, HttpRequest } from './http/transport';
import { emptyTraffic } from './http/traffic';
import { InvalidReferenceError } from './reference';
import { systemClock, type Clock } from '../system/clock';
import { system } from '../system/system';

let registry: TestRegistry;
const { open, closeLater } = useTestRegistry((made) => void (registry = made));

/** A client whose requests go nowhere; what the script does not know is not there. */
function stage(
  deps: Partial<RegistryClientDeps> = {},
  script: (request: HttpRequest) => ArrivingAnswer | undefined = () => undefined,
) {
  const jumping = createJumpingClock();
  const { sleeps } = jumping;
  // Time goes on by waits alone: how long one is must not depend on the machine.
  const clock: Clock = { ...jumping, monotonic: () => sleeps.reduce((sum, one) => sum + one, 0) };
  const sent = createScriptedSend((request) => script(request) ?? { status: 404 });
  const client = createRegistryClient({
    clock,
    random: () => 0,
    plainHttpHosts: [],
    send: sent.send,
    ...deps,
  });
  closeLater(client);
  const at = (name: string, options: Partial<OpenOptions> = {}) => {
    const [host = '', ...path] = name.split('/');
    return client.open(
      { registry: host, repository: path.join('/') },
      { access: 'pull', ...options },
    );
  };
  return { ...sent, at, client, sleeps };
}

const EXAMPLE = 'registry.example/a/b';
const BLOB = { mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 1 };

it.each([
  ['registry.example', [], 'https://registry.example'],
  ['registry.example:5000', ['registry.example'], 'http://registry.example:5000'],
  ['registry.example:5000', ['registry.example:5000'], 'http://registry.example:5000'],
  ['registry.example:5001', ['registry.example:5000'], 'https://registry.example:5001'],
  ['us-kfp.localhost:5003', ['localhost'], 'http://us-kfp.localhost:5003'],
  ['us.kfp.localhost', ['localhost'], 'http://us.kfp.localhost'],
  ['[fd00::1]:5000', ['[fd00::1]'], 'http://[fd00::1]:5000'],
  ['localhost.example', ['localhost'], 'https://localhost.example'],
  ['x.localhost.example', ['localhost'], 'https://x.localhost.example'],
  ['notlocalhost:5003', ['localhost'], 'https://notlocalhost:5003'],
  ['docker.io', [], 'https://registry-1.docker.io'],
  ['docker.io', ['docker.io'], 'http://docker.io'],
])('asks %s, where %j speak plain HTTP, at %s', async (host, plainHttpHosts, origin) => {
  const { at, client, requests } = stage({ plainHttpHosts });
  await at(`${host}/a/b`).headManifest('v1');
  expect(requests.map(({ url }) => url.href)).toEqual([`${origin}/v2/a/b/manifests/v1`]);
  const name = { registry: host, repository: 'anything at all' };
  expect(client.connect(name, { access: 'pull' }).origin.origin).toBe(origin);
});

it.each([
  ['no more time than is usual', {}, [30, 30, 60, 60, 60, 30]],
  [
    'the time that is said',
    { answer: 1000, blobAnswer: 2000, blobIdle: 3000, commit: 4000 },
    [1, 1, 2, 3, 4, 1],
  ],
  ['the usual time where none is said', { commit: 4000 }, [30, 30, 60, 60, 4, 30]],
])('gives a manifest, a blob and an upload %s', async (_what, timeouts, seconds) => {
  const { at, requests } = stage({ timeouts }, ({ method }) =>
    method === 'POST' ? { status: 202, headers: { location: '/up' } } : undefined,
  );
  const repository = at(EXAMPLE, { access: 'push' });
  await repository.headManifest('v1');
  await failureOf(repository.getBlob(BLOB));
  const upload = await repository.startUpload(BLOB.digest);
  await failureOf(upload.write(BLOB, Buffer.from('x')));
  const times = requests
    .filter(({ method }) => method !== 'POST')
    .flatMap(({ answerTimeoutMs, idleTimeoutMs }) => [answerTimeoutMs, idleTimeoutMs]);
  expect(times.map((milliseconds) => Math.round(milliseconds / 1000))).toEqual(seconds);
});

describe('credentials', () => {
  const googleTokens = { accessToken: () => Promise.resolve('ya29.token') };

  it.each([
    ['us-docker.pkg.dev', 'Bearer ya29.token'],
    ['gcr.io', 'Bearer ya29.token'],
    ['storage.googleapis.com', 'Bearer ya29.token'],
    ['registry.example', undefined],
    ['googleapis.com.example', undefined],
    ['storage.googleapis.com.example', undefined],
    ['notgoogleapis.com', undefined],
  ])('of Google go to %s: %s', async (host, authorization) => {
    const { at, requests } = stage({ googleTokens });
    await at(`${host}/a/b`).headManifest('v1');
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual([authorization]);
  });

  it.each(['us-docker.pkg.dev', 'registry.example'])(
    'of others are found for %s, once it has asked for them',
    async (host) => {
      const looked: string[] = [];
      const { at, requests } = stage(
        {
          findCredentials({ registry }) {
            looked.push(registry);
            return Promise.resolve({ username: 'me', password: 'secret' });
          },
          timeouts: { answer: 7 },
        },
        ({ headers, url }) => {
          if (url.pathname === '/token') return { body: { token: 'issued' } };
          if (headers['authorization'] !== undefined) return undefined;
          const challenge = `Bearer realm="https://${host}/token"`;
          return { status: 401, headers: { 'www-authenticate': challenge } };
        },
      );
      expect(await at(`${host}/a/b`, { access: 'push' }).headManifest('v1')).toBeUndefined();
      expect(looked).toEqual([host]);
      expect(requests.map(({ url }) => url.pathname)).toEqual([
        '/v2/a/b/manifests/v1',
        '/token',
        '/v2/a/b/manifests/v1',
      ]);
      expect(requests[1]?.url.search).toBe('?scope=repository%3Aa%2Fb%3Apull%2Cpush');
      expect(requests[1]?.answerTimeoutMs).toBe(7);
      expect(requests[2]?.headers['authorization']).toBe('Bearer issued');
    },
  );
});

describe('a break', () => {
  const busy = (headers = {}) => {
    let times = 0;
    return stage({}, () => {
      times += 1;
      return times === 1 ? { status: 429, headers } : undefined;
    });
  };

  it.each([
    [EXAMPLE, 1000],
    ['us-docker.pkg.dev/vendor/releases/api', 10_000],
    ['storage.googleapis.com/models', 10_000],
  ])('that %s asks for lasts at first %d ms', async (name, milliseconds) => {
    const { at, sleeps } = busy();
    await at(name).headManifest('v1');
    expect(sleeps).toEqual([milliseconds]);
  });

  it.each([
    ['a registry', EXAMPLE, ['registry.example/c/d'], ['other.example/a/b']],
    [
      'a project',
      'us-docker.pkg.dev/vendor/releases/api',
      ['us-docker.pkg.dev/vendor/base/os'],
      ['us-docker.pkg.dev/vendetta/releases/api', 'eu-docker.pkg.dev/vendor/releases/api'],
    ],
  ])('is kept by all that goes to %s, and by nothing else', async (_what, name, same, others) => {
    const { at, requests } = busy({ 'retry-after': '120' });
    for (const one of [name, ...same]) {
      expect(await failureOf(at(one).headManifest('v1'))).toMatchObject({ status: 429 });
    }
    expect(requests).toHaveLength(1);
    for (const one of others) expect(await at(one).headManifest('v1')).toBeUndefined();
  });
});

it('reports each request to a listener', async () => {
  const reported: ObservedRequest[] = [];
  const { at } = stage({ onRequest: (one) => reported.push(one) });
  await at(EXAMPLE).headManifest('v1');
  expect(reported).toMatchObject([
    { method: 'HEAD', url: `https://${EXAMPLE.replace('/', '/v2/')}/manifests/v1`, status: 404 },
  ]);
});

it('reads manifests of no more bytes than it may, and of as many children as is usual', async () => {
  const body = JSON.stringify({ layers: [BLOB] });
  const limited = (maxBytes: number) =>
    stage({ manifestLimits: { maxBytes } }, () => ({ body }))
      .at(EXAMPLE)
      .getManifest('v1');
  expect(await limited(body.length)).toMatchObject({ blobs: [BLOB] });
  expect(await failureOf(limited(body.length - 1))).toMatchObject({
    message: expect.stringContaining(`larger than the limit of ${body.length - 1} bytes`) as string,
  });
});

it('reports each chunk of a blob to a listener', async () => {
  const chunks: number[] = [];
  const traffic = emptyTraffic();
  const { at } = stage({ onBlobBytes: (bytes) => chunks.push(bytes) }, () => ({ body: 'x' }));
  expect(await text(await at(EXAMPLE, { traffic }).getBlob(BLOB))).toBe('x');
  expect(chunks).toEqual([1]);
  expect(traffic).toMatchObject({ bytesRead: 1 });
  const { at: silent } = stage({}, () => ({ body: 'x' }));
  expect(await text(await silent(EXAMPLE).getBlob(BLOB))).toBe('x');
});

it('repeats no more than the budget of a copy, and stops with its signal', async () => {
  const { at, requests } = stage({}, () => ({ status: 503 }));
  await failureOf(at(EXAMPLE, { retryBudget: { remaining: 1 } }).headManifest('v1'));
  expect(requests).toHaveLength(2);
  await failureOf(at(EXAMPLE).headManifest('v1'));
  expect(requests).toHaveLength(5);
  const { signal } = new AbortController();
  await failureOf(at(EXAMPLE, { signal }).headManifest('v1'));
  expect(requests.map((request) => request.signal).slice(4)).toEqual([
    undefined,
    signal,
    signal,
    signal,
  ]);
});

it('waits to go on with a blob that breaks again no longer than its signal lets it', async () => {
  const reason = new Error('the deadline is near');
  const abort = new AbortController();
  const waits: unknown[] = [];
  let now = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => (now += 60_000),
    sleep(_milliseconds, signal) {
      waits.push(signal);
      abort.abort(reason);
      return Promise.resolve();
    },
  };
  const { at } = stage({ clock }, () => ({ body: 'x' }));
  const blob = await at(EXAMPLE, { signal: abort.signal }).getBlob({ ...BLOB, size: 2 });
  await expect(text(blob)).rejects.toBe(reason);
  expect(waits).toEqual([abort.signal]);
});

it('requests referrers again after "none" if a fresh list is required', async () => {
  const { at, requests } = stage();
  const ask = async (options?: Partial<OpenOptions>): Promise<number> => {
    const before = requests.length;
    expect(await at(EXAMPLE, options).listReferrers(BLOB.digest)).toBeUndefined();
    return requests.length - before;
  };
  expect(await ask()).toBe(2);
  expect(await ask()).toBe(0);
  expect(await ask({ recheckReferrersApi: false })).toBe(0);
  expect(await ask({ recheckReferrersApi: true })).toBe(2);
});

it('lets an account that is lent offer nothing until its first offer is answered', async () => {
  const offer = { from: 'vendor/api' };
  const digests = ['x', 'y'].map((content) => digestOf(Buffer.from(content)));
  const offers = async (options: Partial<OpenOptions>): Promise<number> => {
    const { at, requests } = stage({}, ({ url, method }) => {
      if (url.searchParams.get('from') === offer.from) return { status: 403 };
      return method === 'POST' ? { status: 202, headers: { location: '/up' } } : undefined;
    });
    const repository = at(EXAMPLE, { access: 'push', ...options });
    await Promise.all(digests.map((digest) => repository.mountOrStartUpload(digest, offer)));
    return requests.filter(({ url }) => url.searchParams.get('from') === offer.from).length;
  };
  expect(await offers({ identity: 'release@acme.iam.gserviceaccount.com' })).toBe(1);
  expect(await offers({})).toBe(2);
});

it('moves an image from one repository to another, request by request', async () => {
  const made = image({ tag: 'v1' });
  await push(made, { registry: registry.address, repository: 'vendor/api' });
  registry.requests.reset();
  const source = open({ repository: 'vendor/api', access: 'pull' });
  const { repository: target, traffic } = open({ repository: 'acme/api' });

  const manifest = await source.repository.getManifest('v1');
  expect(manifest.descriptor.digest).toBe(made.root.digest);
  for (const blob of manifest.blobs) {
    const upload = await target.mountOrStartUpload(blob.digest);
    if (upload === 'present') throw new Error('nothing is there yet');
    await upload.write(blob, await source.repository.getBlob(blob));
  }
  await target.putManifest(manifest, 'v1');

  expect(await registry.digestOf('acme/api', 'v1')).toBe(made.root.digest);
  const blobs = manifest.blobs.length;
  expect(registry.requests.counts()).toEqual({
    getManifest: 1,
    getBlob: blobs,
    mountBlob: blobs,
    putBlob: blobs,
    putManifest: 1,
  });
  const size = manifest.blobs.reduce((sum, blob) => sum + blob.size, 0) + manifest.bytes.length;
  expect(source.traffic).toMatchObject({ requests: blobs + 1, bytesRead: size, bytesWritten: 0 });
  expect(traffic).toMatchObject({ requests: 2 * blobs + 1, bytesRead: 0, bytesWritten: size });
});

it('keeps one connection for requests that follow each other, HEADs among them', async () => {
  const digest = await registry.pushImage('a/b', 'v1');
  registry.requests.reset();
  const { repository } = open();
  for (const reference of ['v1', digest, 'none', 'v1']) {
    await repository.headManifest(reference);
    await new Promise(setImmediate);
  }
  await repository.getManifest(digest);
  expect(registry.requests.counts()).toEqual({ headManifest: 4, getManifest: 1 });
  expect(registry.requests.connections()).toBe(1);
});

it('opens at most 16 connections to one origin', async () => {
  const { repository } = open();
  await Promise.all(Array.from({ length: 64 }, () => repository.headManifest('none')));
  expect(registry.requests.connections()).toBeLessThanOrEqual(16);
});

it('shares connections between the repositories of one client', async () => {
  const { client, repository } = open();
  await repository.headManifest('none');
  await new Promise(setImmediate);
  const other = { registry: registry.address, repository: 'c/d' };
  await client.open(other, { access: 'pull' }).headManifest('none');
  expect(registry.requests.connections()).toBe(1);
});

it('speaks TLS to every host that is not listed for plain HTTP', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: ['localhost', `127.0.0.1:1`] });
  closeLater(client);
  const name = { registry: registry.address, repository: 'a/b' };
  const repository = client.open(name, { access: 'pull', retryBudget: { remaining: 0 } });
  await expect(repository.headManifest('v1')).rejects.toThrow(NetworkError);
  await expect(repository.headManifest('v1')).rejects.toThrow(`https://${registry.address}/`);
  expect(registry.requests.of()).toStrictEqual([]);
});

it('speaks plain HTTP to a host that is listed with its port', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: [registry.address] });
  closeLater(client);
  const name = { registry: registry.address, repository: 'a/b' };
  expect(await client.open(name, { access: 'pull' }).headManifest('none')).toBeUndefined();
});

it('takes a name below localhost for this machine, and speaks to it as to localhost', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: ['localhost'] });
  closeLater(client);
  const host = `us-kfp.localhost:${registry.address.split(':')[1] ?? ''}`;
  const name = { registry: host, repository: 'a/b' };
  expect(await client.open(name, { access: 'pull' }).headManifest('none')).toBeUndefined();
  expect(registry.requests.of().at(-1)?.host).toBe(host);
});

it.each(['a/../b', 'a\r\nb', 'A', '', 'a/b?x'])('opens no repository %j', (repository) => {
  const { client } = open();
  expect(() => client.open({ registry: registry.address, repository }, { access: 'pull' })).toThrow(
    InvalidReferenceError,
  );
});

it('ends with the reason of its signal, at once and in the middle', async () => {
  const reason = new Error('the deadline is near');
  const content = 'x'.repeat(100_000);
  const digest = await registry.pushBlob('a/b', content);
  const abort = new AbortController();
  const { repository } = open({ signal: abort.signal });
  registry.faults.add({ on: 'getBlob', stallAfter: 10 });
  const stream = await repository.getBlob({ mediaType: 'x', digest, size: content.length });
  registry.faults.add({ on: 'headManifest', delayMs: 60_000 });
  const head = repository.headManifest('v1');
  const read = text(stream);
  abort.abort(reason);
  await expect(read).rejects.toBe(reason);
  await expect(head).rejects.toBe(reason);
  await expect(repository.headManifest('v1')).rejects.toBe(reason);
});

it('waits by the clock, and no longer than its signal lets it', async () => {
  const abort = new AbortController();
  const abortedMeanwhile: Clock = {
    ...systemClock,
    sleep(_milliseconds, signal) {
      const waiting = systemClock.sleep(600_000, signal);
      abort.abort('enough');
      return waiting;
    },
  };
  const name = { registry: registry.address, repository: 'a/b' };
  const refused = { on: 'headManifest', answer: { status: 503 } } as const;
  registry.faults.add(refused);
  const ended = open({ clock: abortedMeanwhile }).client.open(name, {
    access: 'pull',
    signal: abort.signal,
  });
  await expect(ended.headManifest('v1')).rejects.toBe('enough');
  const met = registry.faults.add(refused);
  registry.requests.reset();
  const patient = open({ clock: systemClock }).client.open(name, { access: 'pull' });
  await patient.headManifest('v1');
  expect(met.hits()).toBe(1);
  expect(registry.requests.counts()).toEqual({ headManifest: 2 });
});

it('breaks off what is under way when it is closed', async () => {
  const content = 'x'.repeat(1000);
  const digest = await registry.pushBlob('a/b', content);
  const { client, repository } = open();
  registry.faults.add({ on: 'getBlob', stallAfter: 10, times: 3 });
  const stream = await repository.getBlob({ mediaType: 'x', digest, size: content.length });
  const read = text(stream);
  await client.close();
  await expect(read).rejects.toThrow('the registry client is closed');
});

it('asks Google’s registries with a token of the identity that a repository is opened for', async () => {
  const asked: unknown[] = [];
  const client = createRegistryClient({
    ...system,
    plainHttpHosts: [],
    googleTokens: {
      accessToken: (identity) => {
        asked.push(identity);
        return Promise.reject(new Error('no token in this test'));
      },
    },
  });
  closeLater(client);
  for (const identity of ['release@acme.iam.gserviceaccount.com', undefined]) {
    const repository = client.open(
      { registry: 'us-docker.pkg.dev', repository: 'acme/vendor/api' },
      { access: 'push', identity },
    );
    await expect(repository.headManifest('v1')).rejects.toThrow('no token in this test');
  }
  expect(asked).toStrictEqual(['release@acme.iam.gserviceaccount.com', undefined]);
});

it('asks Docker Hub at the host where it answers', async () => {
  const asked: string[] = [];
  const client = createRegistryClient({
    ...system,
    plainHttpHosts: [],
    lookup: (hostname, _options, callback) => {
      asked.push(hostname);
      callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []);
    },
  });
  closeLater(client);
  const repository = client.open(
    { registry: 'docker.io', repository: 'library/alpine' },
    { access: 'pull', retryBudget: { remaining: 0 } },
  );
  await expect(repository.headManifest('latest')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(asked).toEqual(['registry-1.docker.io']);
});
