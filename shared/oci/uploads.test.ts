import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createTestRegistry, type TestRegistry } from '../../local/servers/registry/test-client';
import { failureOf } from '../../test/support/open-repository';
import { createScriptedSend, type ArrivingAnswer } from '../../test/support/scripted-send';
import { createScriptedServer } from '../../test/support/scripted-server';
import { useTestRegistry } from '../../test/support/use-test-registry';
import type { Descriptor } from './descriptor';
import { digestOf, type Digest } from './digest';
import {
  AddressRefusedError,
  DigestMismatchError,
  NetworkError,
  RegistryError,
} from './http/errors';
import type { Mount, Repository, Upload } from './repository';
import { createPools } from './http/pools';
import { createSend, type HttpRequest } from './http/transport';
import { isTransientFailure } from './http/retries';

let registry: TestRegistry;
const { open } = useTestRegistry((made) => void (registry = made));

/** Content that no registry has yet. */
function fresh(size: number) {
  const content = randomBytes(size);
  const digest = digestOf(content);
  const blob: Descriptor = { mediaType: 'application/octet-stream', digest, size };
  return { content, digest, blob };
}

/** Streams in pieces, as blobs arrive. */
const streamOf = (content: Buffer, piece = 64 * 1024) =>
  Readable.from(
    Array.from({ length: Math.ceil(content.length / piece) }, (_, index) =>
      content.subarray(index * piece, (index + 1) * piece),
    ),
    { objectMode: false },
  );

/** The repository `a/b` of a registry that says what a test wants to hear; what the script does not know is an upload. */
function scripted(
  script: (request: HttpRequest) => ArrivingAnswer | undefined | Promise<ArrivingAnswer>,
  address = 'registry.example',
) {
  const sent = createScriptedSend(
    async (request) => (await script(request)) ?? { status: 202, headers: { location: '/up' } },
  );
  const opened = open({ send: sent.send }, { address });
  const methods = () => sent.requests.map(({ method }) => method).join(' ');
  return { ...sent, ...opened, methods };
}

async function start(repository: Repository, digest: Digest): Promise<Upload> {
  const answer = await repository.mountOrStartUpload(digest);
  if (answer === 'present') throw new Error('an upload was expected');
  return answer;
}

describe('the question whether a blob is there', () => {
  it('is one POST, which opens an upload when it is not', async () => {
    const { content, digest, blob } = fresh(1000);
    const { repository } = open();
    const upload = await start(repository, digest);
    await upload.write(blob, content);
    expect(await repository.mountOrStartUpload(digest)).toBe('present');
    expect(registry.requests.counts()).toEqual({ mountBlob: 2, putBlob: 1 });
    const [first] = registry.requests.of('mountBlob');
    expect(first?.path).toBe(
      `/v2/a/b/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=a%2Fb`,
    );
  });

  it('is put to another repository where that is offered', async () => {
    const { content, digest } = fresh(1000);
    await registry.pushBlob('vendor/api', content);
    const { repository } = open();
    expect(await repository.mountOrStartUpload(digest, { from: 'vendor/api' })).toBe('present');
    expect(await repository.hasBlob(digest)).toBe(true);
  });

  it('is put to another host with its name', async () => {
    const { repository } = open();
    const { digest } = fresh(10);
    await repository.mountOrStartUpload(digest, { from: 'p/api', origin: 'gcr.io' });
    expect(registry.requests.of('mountBlob')[0]?.path).toMatch(/&from=p%2Fapi&origin=gcr\.io$/);
  });

  it.each<[string, Mount, string[]]>([
    ['its repository', { from: 'vendor/api' }, ['repository:vendor/api:pull']],
    ['no other where that is the same', { from: 'a/b' }, []],
    ['no other where that is at another host', { from: 'p/api', origin: 'gcr.io' }, []],
  ])('asks for access to %s, too', async (_what, offer, others) => {
    const challenge = 'Bearer realm="https://registry.example/token"';
    const { repository, requests } = scripted(({ headers, url }) => {
      if (url.pathname === '/token') return { body: { token: 'x' } };
      if (headers['authorization'] !== undefined) return undefined;
      return { status: 401, headers: { 'www-authenticate': challenge } };
    });
    await repository.mountOrStartUpload(fresh(10).digest, offer);
    const scopes = requests.flatMap(({ url }) => url.searchParams.getAll('scope'));
    expect(scopes).toEqual(['repository:a/b:pull,push', ...others]);
  });

  it('is not put at all by a plain start', async () => {
    const { content, digest } = fresh(10);
    await registry.pushBlob('a/b', content);
    registry.requests.reset();
    await (await open().repository.startUpload(digest)).cancel();
    expect(registry.requests.counts()).toEqual({ startUpload: 1, cancelUpload: 1 });
  });

  it.each([400, 401, 403, 404, 405, 422, 501])(
    'is a HEAD from then on at a registry that answers %d to it',
    async (status) => {
      registry.faults.add({ on: 'mountBlob', answer: { status }, times: 9 });
      const { repository } = open();
      const { content, digest, blob } = fresh(10);
      await (await start(repository, digest)).write(blob, content);
      expect(registry.requests.counts()).toEqual({ mountBlob: 1, startUpload: 1, putBlob: 1 });
      registry.requests.reset();
      expect(await repository.mountOrStartUpload(digest)).toBe('present');
      await start(repository, fresh(10).digest);
      expect(registry.requests.counts()).toEqual({ headBlob: 2, startUpload: 1 });
    },
  );

  it('is a HEAD from then on at a registry that opens an upload for what it was given', async () => {
    const { content, digest, blob } = fresh(10);
    const has = new Set<string>();
    const server = await createScriptedServer(({ method, path }) => {
      if (method === 'HEAD') return { status: has.has(path.split('/').at(-1) ?? '') ? 200 : 404 };
      if (method === 'PUT') has.add(digest);
      return method === 'POST'
        ? { status: 202, headers: { location: '/up' } }
        : { status: method === 'PUT' ? 201 : 204 };
    });
    const { repository } = open({}, server);
    await (await start(repository, digest)).write(blob, content);
    const methods = () => server.requests.map(({ method }) => method).join(' ');
    expect(methods()).toBe('POST PUT');
    expect(await repository.mountOrStartUpload(digest)).toBe('present');
    expect(methods()).toBe('POST PUT POST HEAD DELETE');
    expect(await repository.mountOrStartUpload(digest)).toBe('present');
    expect(methods()).toBe('POST PUT POST HEAD DELETE HEAD');
    has.clear();
    expect(await repository.mountOrStartUpload(digest)).not.toBe('present');
    await server.close();
  });

  it('is believed when what was given is gone', async () => {
    const { content, digest, blob } = fresh(10);
    const { repository } = open();
    await (await start(repository, digest)).write(blob, content);
    await registry.call('DELETE', `/v2/a/b/blobs/${digest}`);
    expect(await repository.mountOrStartUpload(digest)).not.toBe('present');
    await start(repository, fresh(10).digest);
    expect(registry.requests.of().at(-1)?.kind).toBe('mountBlob');
  });

  it('is left open where a HEAD is refused too', async () => {
    registry.faults.add({ on: 'mountBlob', answer: { status: 405 }, times: 9 });
    registry.faults.add({ on: 'headBlob', answer: { status: 403 }, times: 9 });
    const { repository } = open();
    await start(repository, fresh(10).digest);
    await start(repository, fresh(10).digest);
    expect(registry.requests.counts()).toEqual({ mountBlob: 1, headBlob: 1, startUpload: 2 });
  });

  it('is not taken for answered by a failure of the HEAD', async () => {
    registry.faults.add({ on: 'mountBlob', answer: { status: 405 }, times: 9 });
    registry.faults.add({ on: 'headBlob', answer: { status: 503 }, times: 9 });
    const { repository } = open();
    await start(repository, fresh(10).digest);
    expect(await failureOf(repository.mountOrStartUpload(fresh(10).digest))).toMatchObject({
      status: 503,
      attempts: 3,
    });
  });

  it('does not repeat an offer that was refused, and asks the repository itself instead', async () => {
    registry.faults.add({ on: 'mountBlob', answer: { status: 403 } });
    const { repository } = open();
    await repository.mountOrStartUpload(fresh(10).digest, { from: 'other/repository' });
    await repository.mountOrStartUpload(fresh(10).digest, { from: 'other/repository' });
    const asked = registry.requests.of('mountBlob', 'startUpload').map(({ path }) => path);
    expect(asked).toEqual([
      expect.stringContaining('from=other%2Frepository'),
      '/v2/a/b/blobs/uploads/',
      expect.stringContaining('from=a%2Fb'),
    ]);
  });

  it('is offered once to an account that is denied it, however many blobs there are', async () => {
    registry.faults.add({ on: 'mountBlob', answer: { status: 403 }, times: 99 });
    const { client } = open();
    const name = { registry: registry.address, repository: 'a/b' };
    const identity = 'release@acme-prod.iam.gserviceaccount.com';
    const repository = client.open(name, { access: 'push', identity });
    const offer = { from: 'other/repository' };
    await Promise.all(
      [1, 2, 3, 4, 5].map((size) => repository.mountOrStartUpload(fresh(size).digest, offer)),
    );
    const offers = registry.requests.of('mountBlob').filter(({ path }) => path.includes('other'));
    expect(offers).toHaveLength(1);
  });

  it('is offered at once for every blob where it helps', async () => {
    const { client } = open();
    const name = { registry: registry.address, repository: 'other/repository' };
    const blobs = [1, 2, 3].map((size) => fresh(size));
    for (const { digest, blob, content } of blobs) {
      const upload = await start(client.open(name, { access: 'push' }), digest);
      await upload.write(blob, content);
    }
    registry.requests.reset();
    const identity = 'release@acme-prod.iam.gserviceaccount.com';
    const repository = client.open({ ...name, repository: 'a/b' }, { access: 'push', identity });
    const offer = { from: 'other/repository' };
    const answers = await Promise.all(
      blobs.map(({ digest }) => repository.mountOrStartUpload(digest, offer)),
    );
    expect(answers).toEqual(['present', 'present', 'present']);
    expect(registry.requests.counts()).toEqual({ mountBlob: 3 });
  });

  it('is repeated after a busy answer, which says nothing about mounts', async () => {
    registry.faults.add({
      on: 'mountBlob',
      answer: { status: 429, headers: { 'retry-after': '2' } },
    });
    const { repository, sleeps } = open();
    await start(repository, fresh(10).digest);
    expect(registry.requests.counts()).toEqual({ mountBlob: 2 });
    expect(sleeps[0]).toBeGreaterThan(1900);
  });

  it('is asked by mount again at a registry that was busy for as long as it was asked', async () => {
    registry.faults.add({ on: 'mountBlob', answer: { status: 503 }, times: 3 });
    const { repository } = open();
    const { digest } = fresh(10);
    expect(await failureOf(start(repository, digest))).toMatchObject({ status: 503 });
    await start(repository, digest);
    expect(registry.requests.counts()).toEqual({ mountBlob: 4 });
  });

  it('says why the upload itself is refused', async () => {
    const refusal = { status: 403, errors: [{ code: 'DENIED', message: 'no uploads here' }] };
    registry.faults.add({ on: ['mountBlob', 'startUpload'], answer: refusal, times: 9 });
    const error = await failureOf(open().repository.mountOrStartUpload(fresh(10).digest));
    expect(error).toBeInstanceOf(RegistryError);
    expect((error as Error).message).toMatch(/403: DENIED: no uploads here$/);
  });

  it('does not blame the registry for what one repository may not do', async () => {
    const denied = { on: ['mountBlob', 'startUpload'] as const, repository: 'a/b', times: 9 };
    registry.faults.add({ ...denied, answer: { status: 403 } });
    const { client, repository } = open();
    await failureOf(repository.mountOrStartUpload(fresh(10).digest));
    const name = { registry: registry.address, repository: 'c/d' };
    await client.open(name, { access: 'push' }).mountOrStartUpload(fresh(10).digest);
    expect(registry.requests.of().at(-1)).toMatchObject({ kind: 'mountBlob', repository: 'c/d' });
  });

  it('is not believed when another digest was mounted', async () => {
    const other = fresh(5).digest;
    const answer = { status: 201, headers: { 'docker-content-digest': other } };
    registry.faults.add({ on: 'mountBlob', answer });
    expect(await failureOf(open().repository.mountOrStartUpload(fresh(5).digest))).toMatchObject({
      name: 'DigestMismatchError',
      actual: other,
    });
  });

  it('names the algorithm when it is not sha256', async () => {
    await open().repository.startUpload(digestOf(Buffer.from('x'), 'sha512'));
    expect(registry.requests.of('startUpload')[0]?.path).toContain('?digest-algorithm=sha512');
  });
});

describe('an offer', () => {
  const DIGESTS = [fresh(1).digest, fresh(2).digest] as const;
  /** Whether another image of the same repository of Google's is offered after the first was answered so. */
  async function isNextOffered(status: number): Promise<boolean> {
    const { repository, requests } = scripted(
      ({ url }) => (url.searchParams.get('from') === 'vendor/releases/a' ? { status } : undefined),
      'us-docker.pkg.dev',
    );
    await repository.mountOrStartUpload(DIGESTS[0], { from: 'vendor/releases/a' });
    await repository.mountOrStartUpload(DIGESTS[1], { from: 'vendor/releases/b' });
    expect(requests[0]?.url.search).toBe(
      `?mount=${encodeURIComponent(DIGESTS[0])}&from=vendor%2Freleases%2Fa`,
    );
    expect(requests[1]?.url.search).toBe('');
    return requests.at(-1)?.url.searchParams.get('from') === 'vendor/releases/b';
  }

  it.each([
    [401, false],
    [403, false],
    [400, true],
    [404, true],
    [405, true],
    [501, true],
  ])('that is answered %d lets another image be offered: %s', async (status, isOffered) => {
    expect(await isNextOffered(status)).toBe(isOffered);
  });

  it.each([[204], [304]])(
    'treats a response %d as an error, not as a refused offer',
    async (status) => {
      const { methods, repository } = scripted(() => ({ status }));
      const offered = repository.mountOrStartUpload(DIGESTS[0], { from: 'vendor/releases/a' });
      expect(await failureOf(offered)).toMatchObject({ status });
      expect(methods()).toBe('POST');
    },
  );

  it('names the algorithm when it is not sha256', async () => {
    const { repository, requests } = scripted(() => undefined);
    const digest = digestOf(Buffer.from('x'), 'sha512');
    await repository.mountOrStartUpload(digest);
    expect(requests[0]?.url.search).toBe(
      `?digest-algorithm=sha512&mount=${encodeURIComponent(digest)}&from=a%2Fb`,
    );
  });
});

describe('where to upload to', () => {
  it.each(['relative', 'absolute'] as const)('may be said by a %s Location', async (location) => {
    registry.faults.add({ on: 'mountBlob', location });
    const { content, digest, blob } = fresh(5000);
    const { repository } = open();
    await (await start(repository, digest)).write(blob, streamOf(content));
    expect(await repository.hasBlob(digest)).toBe(true);
  });

  it('may be another host', async () => {
    const elsewhere = (await registry.openOrigin()) as `http${string}`;
    registry.faults.add({ on: 'mountBlob', location: elsewhere });
    const { content, digest, blob } = fresh(5000);
    const { repository } = open({ plainHttpHosts: ['127.0.0.1', new URL(elsewhere).host] });
    await (await start(repository, digest)).write(blob, content);
    const [put] = registry.requests.of('putBlob');
    expect(`http://${put?.host ?? ''}`).toBe(elsewhere);
    expect(await repository.hasBlob(digest)).toBe(true);
  });

  it('keeps the query of the Location to the letter', async () => {
    const server = await createScriptedServer(({ method }) =>
      method === 'POST'
        ? { status: 202, headers: { location: '/up?_state=a%2Bb+c%3D&x' } }
        : { status: 201 },
    );
    const { content, digest, blob } = fresh(5);
    await (await start(open({}, server).repository, digest)).write(blob, content);
    expect(server.requests[1]?.path).toBe(
      `/up?_state=a%2Bb+c%3D&x&digest=${encodeURIComponent(digest)}`,
    );
    await server.close();
  });

  it.each([
    'http://169.254.169.254/',
    'http://10.0.0.1/upload',
    'http://user:pass@127.0.0.1/upload',
    'http://[::1]/upload',
  ])('may not be %s', async (location) => {
    const server = await createScriptedServer(() => ({ status: 202, headers: { location } }));
    const error = await failureOf(open({}, server).repository.startUpload(fresh(5).digest));
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect(server.requests).toHaveLength(1);
    await server.close();
  });

  it('must be said', async () => {
    registry.faults.add({ on: 'startUpload', headers: { location: null } });
    await expect(open().repository.startUpload(fresh(5).digest)).rejects.toThrow('no Location');
  });
});

describe('an upload', () => {
  it('sends a stream with its length', async () => {
    const server = await createScriptedServer(({ method }) =>
      method === 'POST' ? { status: 202, headers: { location: '/up' } } : { status: 201 },
    );
    const { content, digest, blob } = fresh(300_000);
    const { repository, traffic } = open({}, server);
    await (await start(repository, digest)).write(blob, streamOf(content));
    const [, put] = server.requests;
    expect(put?.headers).toMatchObject({
      'content-length': '300000',
      'content-type': 'application/octet-stream',
    });
    expect(put?.headers).not.toHaveProperty('transfer-encoding');
    expect(Buffer.from(put!.body, 'latin1').equals(content)).toBe(true);
    expect(traffic).toMatchObject({ requests: 2, bytesRead: 0, bytesWritten: 300_000 });
    await server.close();
  });

  it.each([
    ['bytes', () => new Uint8Array()],
    ['a stream', () => Readable.from([])],
  ])('sends nothing, given as %s, with length 0', async (_what, content) => {
    const { repository } = open({ repository: `empty/${_what.replace(' ', '-')}` });
    const { digest, blob } = fresh(0);
    await (await start(repository, digest)).write(blob, content());
    expect(await repository.hasBlob(digest)).toBe(true);
  });

  it('is not sent elsewhere once its stream has gone', async () => {
    const server = await createScriptedServer(({ method }) =>
      method === 'POST'
        ? { status: 202, headers: { location: '/up' } }
        : { status: 307, headers: { location: '/elsewhere' } },
    );
    const { content, digest, blob } = fresh(5000);
    const upload = await start(open({}, server).repository, digest);
    const error = await failureOf(upload.write(blob, streamOf(content)));
    await server.close();
    expect(error).toMatchObject({ status: 307 });
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PUT']);
  });

  it('is not completed by a source that turns out to be wrong', async () => {
    const { content, digest, blob } = fresh(500_000);
    await registry.pushBlob('vendor/api', content);
    registry.requests.reset();
    registry.faults.add({ on: 'getBlob', corruptAt: 400_000 });
    const source = open({ repository: 'vendor/api' }).repository;
    const { repository, traffic } = open();
    const upload = await repository.startUpload(digest);
    const error = await failureOf(upload.write(blob, await source.getBlob(blob)));
    expect(error).toBeInstanceOf(DigestMismatchError);
    expect(await repository.hasBlob(digest)).toBe(false);
    expect(traffic.bytesWritten).toBe(0);
  });

  it('of nothing is sent as no bytes, and not in chunks', async () => {
    const { digest, blob } = fresh(0);
    const server = await createScriptedServer(({ method }) =>
      method === 'POST' ? { status: 202, headers: { location: '/up' } } : { status: 201 },
    );
    const upload = await open({}, server).repository.startUpload(digest);
    await upload.write(blob, Readable.from([]));
    const { headers, path } = server.requests[1]!;
    await server.close();
    expect(path).toBe(`/up?digest=${encodeURIComponent(digest)}`);
    expect(headers['content-length']).toBe('0');
    expect(headers['transfer-encoding']).toBeUndefined();
  });

  it('goes on while its source is resumed', async () => {
    const { content, digest, blob } = fresh(3_000_000);
    await registry.pushBlob('vendor/api', content);
    registry.requests.reset();
    registry.faults.add({ on: 'getBlob', cutAfter: 1_500_000 });
    const source = open({ repository: 'vendor/api' }).repository;
    const { repository } = open();
    await (await repository.startUpload(digest)).write(blob, await source.getBlob(blob));
    expect(registry.requests.counts()).toEqual({ startUpload: 1, getBlob: 2, putBlob: 1 });
  });

  it('whose answer is lost is found by asking, and not sent again', async () => {
    registry.faults.add({ on: 'putBlob', dropAnswer: true, times: 2 });
    const { repository } = open();
    for (const content of [fresh(100_000), fresh(10)]) {
      const upload = await repository.startUpload(content.digest);
      const body = content.content.length > 10 ? streamOf(content.content) : content.content;
      await upload.write(content.blob, body);
    }
    expect(registry.requests.counts()).toEqual({ startUpload: 2, putBlob: 2, headBlob: 2 });
  });

  it('that was answered with an error although it is done is found too', async () => {
    const { content, digest, blob } = fresh(10);
    const server = await createScriptedServer(({ method }) => {
      if (method === 'POST') return { status: 202, headers: { location: '/up' } };
      if (method === 'HEAD') return { status: 200 };
      return { status: 404, body: { errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] } };
    });
    await (await start(open({}, server).repository, digest)).write(blob, content);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PUT', 'HEAD']);
    await server.close();
  });

  it('that is cut short fails as a matter of the network, and is not asked for', async () => {
    registry.faults.add({ on: 'putBlob', cutRequestAfter: 100_000 });
    const { content, digest, blob } = fresh(8_000_000);
    const { repository } = open();
    const source = streamOf(content);
    const error = await failureOf((await repository.startUpload(digest)).write(blob, source));
    expect(error).toBeInstanceOf(NetworkError);
    expect(source.destroyed).toBe(true);
    expect(registry.requests.counts()).toEqual({ startUpload: 1, putBlob: 1 });
  });

  it('that is lost for good fails with what was answered', async () => {
    const answer = { status: 503, errors: [{ code: 'UNAVAILABLE' }], late: true } as const;
    registry.faults.add({ on: 'putBlob', answer });
    const { content, digest, blob } = fresh(1000);
    const { repository } = open();
    const error = await failureOf((await repository.startUpload(digest)).write(blob, content));
    expect(error).toMatchObject({ name: 'RegistryError', status: 503, attempts: 1 });
    expect(registry.requests.counts()).toEqual({ startUpload: 1, putBlob: 1, headBlob: 1 });
  });

  it('keeps its own error when the question fails as well', async () => {
    registry.faults.add({ on: 'putBlob', dropAnswer: true });
    registry.faults.add({ on: 'headBlob', answer: { status: 500 }, times: 9 });
    const { content, digest, blob } = fresh(1000);
    const upload = await open().repository.startUpload(digest);
    expect(await failureOf(upload.write(blob, content))).toBeInstanceOf(NetworkError);
  });

  it.each([413, 403])('that is answered %d early stops its source', async (status) => {
    registry.faults.add({ on: 'putBlob', answer: { status, errors: [{ code: 'DENIED' }] } });
    const { content, digest, blob } = fresh(8_000_000);
    const { repository } = open();
    const source = streamOf(content);
    const error = await failureOf((await repository.startUpload(digest)).write(blob, source));
    // What was still under way may break the connection before the answer is read.
    expect(error instanceof NetworkError || (error as RegistryError).status === status).toBe(true);
    expect(source.destroyed).toBe(true);
  });

  it('that is ended before it began lets its source go', async () => {
    const stop = new AbortController();
    const { content, digest, blob } = fresh(1000);
    const upload = await open({ signal: stop.signal }).repository.startUpload(digest);
    stop.abort(new Error('deadline'));
    const source = streamOf(content);
    await expect(upload.write(blob, source)).rejects.toThrow('deadline');
    expect(source.destroyed).toBe(true);
  });

  it.each([200, 202, 204])('is not done when the answer is %d', async (status) => {
    registry.faults.add({ on: 'putBlob', answer: { status, late: true } });
    const { content, digest, blob } = fresh(10);
    const upload = await open().repository.startUpload(digest);
    expect(await failureOf(upload.write(blob, content))).toMatchObject({ status });
  });

  it('is not believed when another digest was stored', async () => {
    const other = fresh(5).digest;
    registry.faults.add({ on: 'putBlob', headers: { 'docker-content-digest': other } });
    const { content, digest, blob } = fresh(10);
    const upload = await open().repository.startUpload(digest);
    expect(await failureOf(upload.write(blob, content))).toBeInstanceOf(DigestMismatchError);
  });

  it('gives up a target that takes no more bytes', async () => {
    registry.faults.add({ on: 'putBlob', stallAfter: 1000 });
    const { content, digest, blob } = fresh(32_000_000);
    const { repository } = open({ timeouts: { commit: 300 } });
    const upload = await repository.startUpload(digest);
    const error = await failureOf(upload.write(blob, streamOf(content)));
    expect(error).toMatchObject({ name: 'NetworkError', code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it.each([
    ['one byte', 1, 50],
    ['150 MiB', 150 * 1024 * 1024, 3050],
  ])('waits for the answer to %s for as long as that takes', async (_what, size, milliseconds) => {
    const waits: number[] = [];
    const pools = createPools({ connectTimeoutMs: 10_000 });
    const send = createSend(pools);
    const { repository } = open({
      timeouts: { commit: 50 },
      send: (request) => {
        if (request.method !== 'PUT') return send(request);
        waits.push(request.answerTimeoutMs);
        return Promise.reject(new Error('so long'));
      },
    });
    const { blob, content, digest } = fresh(1);
    const upload = await repository.startUpload(digest);
    await expect(upload.write({ ...blob, size }, content)).rejects.toThrow('so long');
    await pools.close();
    expect(waits.map(Math.round)).toEqual([milliseconds]);
  });

  it('may begin again after a refusal for lack of fresh credentials', async () => {
    const auth = { scheme: 'bearer', users: { me: 'secret' } } as const;
    const guarded = await createTestRegistry({ auth });
    const findCredentials = () => Promise.resolve({ username: 'me', password: 'secret' });
    const { repository } = open({ findCredentials }, guarded);
    const { content, digest, blob } = fresh(1000);
    const upload = await repository.startUpload(digest);
    const headers = { 'www-authenticate': `Bearer realm="${guarded.origin}/token"` };
    guarded.faults.add({ on: 'putBlob', answer: { status: 401, headers, late: true } });
    const error = await failureOf(upload.write(blob, streamOf(content)));
    expect(error).toMatchObject({ status: 401, credentialsRenewed: true });
    expect(isTransientFailure(error)).toBe(true);
    expect(guarded.requests.counts()).toMatchObject({ token: 2, putBlob: 1 });
    await guarded.close();
  });

  it.each<[string, ArrivingAnswer | Error, number, string]>([
    ['is done after all', { status: 503 }, 200, 'done: POST PUT HEAD'],
    ['is done although the connection broke', new Error('reset'), 200, 'done: POST PUT HEAD'],
    ['is not there', { status: 503 }, 404, 'failed: POST PUT HEAD'],
    ['cannot be asked for', { status: 503 }, 400, 'failed: POST PUT HEAD'],
    ['is refused', { status: 400 }, 200, 'failed: POST PUT'],
    [
      'is another',
      { status: 201, headers: { 'docker-content-digest': 'x' } },
      200,
      'failed: POST PUT',
    ],
  ])('of bytes that %s ends so', async (_what, answer, head, outcome) => {
    const { blob, content, digest } = fresh(10);
    const { answers, methods, repository, traffic } = scripted(({ method, url }) => {
      if (method === 'HEAD') return { status: head };
      if (method !== 'PUT') return undefined;
      if (answer instanceof Error) throw new NetworkError(method, url.href, answer);
      return answer;
    });
    const upload = await repository.startUpload(digest);
    const written = await upload.write(blob, content).then(
      () => 'done',
      () => 'failed',
    );
    expect(`${written}: ${methods()}`).toBe(outcome);
    expect(traffic.bytesWritten).toBe(written === 'done' ? 10 : 0);
    expect(answers.every(({ body }) => body.readableEnded)).toBe(true);
  });

  it.each([
    ['that was sent to its end', true, 'POST PUT HEAD'],
    ['that was not', false, 'POST PUT'],
  ])('of a stream %s is asked for accordingly', async (_what, isRead, sent) => {
    const { blob, content, digest } = fresh(10);
    const { methods, repository } = scripted(async ({ body, method, url }) => {
      if (method === 'HEAD') return { status: 200 };
      if (method !== 'PUT') return { status: 202, headers: { location: '/up' } };
      if (isRead) await buffer(body as Readable);
      throw new NetworkError(method, url.href, new Error('reset'));
    });
    const source = streamOf(content);
    const upload = await repository.startUpload(digest);
    await upload.write(blob, source).catch(() => undefined);
    expect(methods()).toBe(sent);
    expect(source.destroyed).toBe(true);
  });

  it.each([200, 202, 204, 404, 500])(
    'is cancelled with one request, also when it is answered %d',
    async (status) => {
      const { answers, methods, repository, requests } = scripted(({ method }) =>
        method === 'DELETE' ? { status, body: 'x' } : undefined,
      );
      const upload = await repository.startUpload(fresh(5).digest);
      await upload.cancel();
      expect(methods()).toBe('POST DELETE');
      expect(requests[1]?.url.href).toBe('https://registry.example/up');
      expect(answers[1]?.body.readableEnded).toBe(true);
    },
  );

  it('may be cancelled whatever the registry says', async () => {
    const { repository } = open();
    await (await repository.startUpload(fresh(5).digest)).cancel();
    registry.faults.add({ on: 'cancelUpload', answer: { status: 500 } });
    await (await repository.startUpload(fresh(5).digest)).cancel();
    expect(registry.requests.counts()).toEqual({ startUpload: 2, cancelUpload: 2 });
  });
});
