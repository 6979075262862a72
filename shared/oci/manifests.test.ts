import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import type { Effect } from '../../local/servers/registry/faults/fault';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { failureOf, type OpeningOptions } from '../../test/support/open-repository';
import {
  createScriptedServer,
  type Script,
  type ScriptedServer,
} from '../../test/support/scripted-server';
import { useTestRegistry } from '../../test/support/use-test-registry';
import { digestOf } from './digest';
import { DigestMismatchError, InvalidManifestError, RegistryError } from './http/errors';
import { parseManifest } from './manifest';
import { OCI_IMAGE } from './media-types';

const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_IMAGE, layers: [] }));
const digest = digestOf(bytes);
const described = { mediaType: OCI_IMAGE, digest, size: bytes.length };
const good = { 'content-type': OCI_IMAGE, 'docker-content-digest': digest };

let registry: TestRegistry;
let servers: ScriptedServer[];
const { open } = useTestRegistry((made) => void (registry = made));
beforeEach(() => {
  servers = [];
});
afterEach(() => Promise.all(servers.map((server) => server.close())));

async function openScript(script: Script, options?: OpeningOptions) {
  const server = await createScriptedServer(script);
  servers.push(server);
  return { ...open(options, server), server };
}

describe('HEAD of a manifest', () => {
  it('describes it by tag and by digest, with one request each', async () => {
    const made = image({ tag: 'head' });
    await push(made, { registry: registry.address, repository: 'a/b' });
    registry.requests.reset();
    const { repository } = open();
    const { mediaType, size } = made.root;
    const expected = { mediaType, digest: made.root.digest, size };
    expect(await repository.headManifest('head')).toEqual(expected);
    expect(await repository.headManifest(made.root.digest)).toEqual(expected);
    expect(await repository.headManifest('none')).toBeUndefined();
    expect(registry.requests.counts()).toEqual({ headManifest: 3 });
  });

  it('accepts every kind of manifest, without preferences', async () => {
    const { repository, server } = await openScript(() => ({ headers: good, body: bytes }));
    await repository.headManifest('v1');
    const accept = server.requests[0]?.headers.accept;
    expect(accept?.split(', ')).toHaveLength(5);
    expect(accept).not.toContain('q=');
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each<[string, Record<string, string>, string]>([
    ['without a digest, by tag', { 'content-type': OCI_IMAGE }, 'v1'],
    ['without a media type', { 'docker-content-digest': digest, 'content-type': '' }, digest],
    ['with what is no digest', { ...good, 'docker-content-digest': 'sha256:x' }, 'v1'],
    ['with a web page', { 'content-type': 'text/plain' }, digest],
  ])('that answers %s is repeated as a GET', async (_what, headers, reference) => {
    const { repository, server } = await openScript(({ method }) => ({
      headers: method === 'HEAD' ? headers : good,
      body: bytes,
    }));
    expect(await repository.headManifest(reference)).toEqual(described);
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('that answers without a length is repeated as a GET', async () => {
    const server = await createScriptedServer(
      () => ({}),
      ({ method }, response) => {
        response.writeHead(200, { ...good, 'transfer-encoding': 'chunked' });
        response.end(method === 'HEAD' ? undefined : bytes);
      },
    );
    servers.push(server);
    expect(await open({}, server).repository.headManifest('v1')).toEqual(described);
  });

  it('with a digest is trusted whatever type it has', async () => {
    const headers = { ...good, 'content-type': 'application/json' };
    const { repository, server } = await openScript(() => ({ headers, body: bytes }));
    expect(await repository.headManifest('v1')).toEqual({
      ...described,
      mediaType: 'application/json',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('without a digest is trusted when it asked for one', async () => {
    const { repository, server } = await openScript(() => ({
      headers: { 'content-type': OCI_IMAGE },
      body: bytes,
    }));
    expect(await repository.headManifest(digest)).toEqual(described);
    expect(server.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 405, 406, 501])(
    'that is refused with %d is repeated as a GET',
    async (status) => {
      const { repository, server } = await openScript(({ method }) => ({
        status: method === 'HEAD' ? status : 200,
        headers: good,
        body: bytes,
      }));
      expect(await repository.headManifest('v1')).toEqual(described);
      expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
    },
  );

  it('that is refused gets the reason from the GET', async () => {
    const body = { errors: [{ code: 'DENIED', message: 'not for you' }] };
    const { repository } = await openScript(({ method }) =>
      method === 'HEAD' ? { status: 403 } : { status: 403, body },
    );
    await expect(repository.headManifest('v1')).rejects.toThrow('403: DENIED: not for you');
  });

  it('that is refused where the GET finds nothing means none', async () => {
    const { repository } = await openScript(({ method }) => ({
      status: method === 'HEAD' ? 403 : 404,
    }));
    expect(await repository.headManifest('v1')).toBeUndefined();
  });

  it('is not taken in by a host that answers everything', async () => {
    const page = { headers: { 'content-type': 'text/html' }, body: '<html></html>' };
    const { repository } = await openScript(() => page);
    for (const reference of ['v1', digest]) {
      await expect(repository.headManifest(reference)).rejects.toThrow('this is no registry');
    }
  });
});

describe('GET of a manifest', () => {
  it('gives its very bytes', async () => {
    const { repository, traffic } = await openScript(() => ({ headers: good, body: bytes }));
    const manifest = await repository.getManifest('v1');
    expect(Buffer.from(manifest.bytes).equals(bytes)).toBe(true);
    expect(manifest.descriptor).toEqual(described);
    expect(traffic).toMatchObject({ requests: 1, bytesRead: bytes.length, bytesWritten: 0 });
  });

  it('computes the digest where the registry does not name it', async () => {
    const { repository } = await openScript(() => ({ body: bytes }));
    expect((await repository.getManifest('v1')).descriptor.digest).toBe(digest);
  });

  it('keeps a sha512 digest that it asked for', async () => {
    const long = digestOf(bytes, 'sha512');
    const { repository } = await openScript(() => ({ headers: good, body: bytes }));
    expect((await repository.getManifest(long)).descriptor.digest).toBe(long);
  });

  it.each([
    ['the digest asked for', digestOf(Buffer.from('other')), {}],
    ['the digest that is named', 'v1', { 'docker-content-digest': digestOf(Buffer.from('other')) }],
  ])('refuses bytes that are not %s', async (_what, reference, headers) => {
    const { repository } = await openScript(() => ({
      headers: { ...good, ...headers },
      body: bytes,
    }));
    const error = await failureOf(repository.getManifest(reference));
    expect(error).toBeInstanceOf(DigestMismatchError);
    expect((error as Error).message).toContain('/v2/a/b/manifests/');
  });

  it.each([
    ['with its length', { 'content-length': '200' }],
    ['in chunks', { 'transfer-encoding': 'chunked', 'content-length': [] as string[] }],
  ])('refuses more than the limit, sent %s', async (_what, headers) => {
    const { repository } = await openScript(() => ({ headers, body: ' '.repeat(200) }), {
      manifestLimits: { maxBytes: 100 },
    });
    const error = await failureOf(repository.getManifest('v1'));
    expect(error).toBeInstanceOf(InvalidManifestError);
    expect((error as Error).message).toContain('larger than the limit of 100 bytes');
  });

  it('refuses a web page, by digest too', async () => {
    const page = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html></html>' };
    const { repository } = await openScript(() => page);
    expect(await failureOf(repository.getManifest(digest))).toMatchObject({
      name: 'RegistryError',
      status: 200,
      detail: 'a web page: this is no registry',
    });
  });

  it.each([
    ['is not verified by any digest: it may be half of an answer', {}, 'RegistryError'],
    [
      'is what its digest says: no other answer can be better',
      { 'docker-content-digest': digestOf(Buffer.from('{"half":')) },
      'InvalidManifestError',
    ],
  ])('rejects an invalid manifest and %s', async (_what, headers, name) => {
    const { repository } = await openScript(() => ({ headers, body: '{"half":' }));
    expect(await failureOf(repository.getManifest('v1'))).toMatchObject({ name });
  });

  it('is sent again when its body breaks off', async () => {
    const made = await registry.pushImage('a/b', 'cut');
    registry.requests.reset();
    registry.faults.add({ on: 'getManifest', cutAfter: 10, times: 2 });
    const { repository, sleeps } = open();
    expect((await repository.getManifest('cut')).descriptor.digest).toBe(made);
    expect(registry.requests.counts()).toEqual({ getManifest: 3 });
    expect(sleeps).toEqual([300, 1200]);
  });

  it('says that there is none', async () => {
    const error = await failureOf(open().repository.getManifest('none'));
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ status: 404, codes: ['MANIFEST_UNKNOWN'], method: 'GET' });
  });

  it.each(['../../x', 'a b', 'sha256:abc', 'v1?x', '', 'x'.repeat(161)])(
    'is not sent for %j',
    async (reference) => {
      const { repository, traffic } = open();
      await expect(repository.getManifest(reference)).rejects.toThrow(
        new TypeError(`"${reference.slice(0, 160)}" is neither a tag nor a digest`),
      );
      expect(traffic.requests).toBe(0);
    },
  );
});

describe('PUT of a manifest', () => {
  const manifest = parseManifest(bytes, OCI_IMAGE);

  it.each([
    [bytes.length, 1],
    [bytes.length - 1, 0],
  ])(
    'of what could be read again alone: a limit of %i, %i requests',
    async (maxBytes, requests) => {
      const { repository, server } = await openScript(() => ({ status: 201 }), {
        manifestLimits: { maxBytes },
      });
      const put = await failureOf(repository.putManifest(manifest, 'v1')).catch(() => 'written');
      expect(server.requests).toHaveLength(requests);
      const refusal = new InvalidManifestError(
        `the manifest ${digest} cannot be copied: it is larger than the limit of ${maxBytes} bytes (MAX_MANIFEST_BYTES)`,
      );
      expect(put).toEqual(requests === 1 ? 'written' : refusal);
    },
  );

  it('sends its bytes and its type, by tag or digest', async () => {
    const { repository, server, traffic } = await openScript(() => ({ status: 201 }));
    await repository.putManifest(manifest, 'v1');
    await repository.putManifest(manifest, digest);
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v2/a/b/manifests/v1',
      `/v2/a/b/manifests/${digest}`,
    ]);
    expect(server.requests[0]?.body).toBe(bytes.toString('latin1'));
    expect(server.requests[0]?.headers['content-type']).toBe(OCI_IMAGE);
    expect(traffic.bytesWritten).toBe(2 * bytes.length);
  });

  it.each([
    [307, 2],
    [308, 2],
    [302, 1],
    [303, 1],
  ])(
    'follows %d only where the same is to be sent again: %d requests',
    async (status, requests) => {
      const { repository, server } = await openScript(({ path }) =>
        path === '/else' ? { status: 201 } : { status, headers: { location: '/else' } },
      );
      await repository.putManifest(manifest, 'v1').catch((error: unknown) => {
        expect(error).toMatchObject({ status });
      });
      expect(server.requests.map(({ method }) => method)).toEqual(Array(requests).fill('PUT'));
    },
  );

  describe('with something to do before it is sent', () => {
    const sha512 = parseManifest(bytes, undefined, digestOf(bytes, 'sha512'));

    it.each([
      ['along a redirect', manifest, [{ status: 307, headers: { location: '/else' } }]],
      ['after a failure', manifest, [{ status: 503 }, { status: 502 }]],
      ['by its digest, and by the tag alone', sha512, [{ status: 201 }]],
    ])('does it each time: %s', async (_, written, answers) => {
      const left = [...answers];
      const { repository, server } = await openScript(() => left.shift() ?? { status: 201 });
      const done: number[] = [];
      await repository.putManifest(written, 'v1', () => {
        done.push(server.requests.length);
        return Promise.resolve();
      });
      expect(done).toEqual([...answers.keys(), answers.length]);
      expect(server.requests).toHaveLength(answers.length + 1);
    });

    it('is not sent where that fails', async () => {
      const { repository, server } = await openScript(() => ({ status: 201 }));
      const halted = new Error('halted');
      const writing = repository.putManifest(manifest, 'v1', () => Promise.reject(halted));
      await expect(writing).rejects.toBe(halted);
      expect(server.requests).toHaveLength(0);
    });
  });

  it('may be answered 202', async () => {
    const { repository, traffic } = await openScript(() => ({ status: 202 }));
    await repository.putManifest(manifest, 'v1');
    expect(traffic).toMatchObject({ bytesWritten: bytes.length, unconfirmedTagWrites: 0 });
  });

  it('is refused where it is refused, although the manifest is there', async () => {
    const { repository } = await openScript(({ method }) =>
      method === 'HEAD' ? { headers: good } : { status: 403 },
    );
    const error = await failureOf(repository.putManifest(manifest, digest));
    expect(error).toMatchObject({ name: 'RegistryError', status: 403, method: 'PUT' });
  });

  it('is sent again after a transient failure', async () => {
    registry.faults.add({ on: 'putManifest', dropAnswer: true });
    registry.faults.add({ on: 'putManifest', answer: { status: 502 } });
    const { repository } = open();
    await repository.putManifest(manifest, 'again');
    expect(registry.requests.counts()).toEqual({ putManifest: 3 });
    expect(await registry.digestOf('a/b', 'again')).toBe(digest);
  });

  describe('of a tag, whose answer does not say whether it was done', () => {
    const failing = async (fault: Effect, options: OpeningOptions = {}) => {
      registry.faults.add({ on: 'putManifest', ...fault });
      const { repository, traffic } = open({ retryBudget: { remaining: 0 }, ...options });
      await failureOf(repository.putManifest(manifest, 'doubt'));
      return traffic.unconfirmedTagWrites;
    };

    it.each([500, 502, 503, 504, 522, 408, 499])('is counted: %s', async (status) => {
      expect(await failing({ answer: { status } })).toBe(1);
    });

    it.each([400, 401, 403, 404, 409, 413, 425, 429])('is another one than %s', async (status) => {
      expect(await failing({ answer: { status } })).toBe(0);
    });

    it('is counted if there is none, and if its caller no longer waits', async () => {
      expect(await failing({ dropAnswer: true })).toBe(1);
      const stop = new AbortController();
      const afterwards = (): void => stop.abort();
      expect(await failing({ afterwards }, { signal: stop.signal })).toBe(1);
    });

    it('is counted for each try, although the last one succeeds', async () => {
      registry.faults.add({ on: 'putManifest', dropAnswer: true });
      registry.faults.add({ on: 'putManifest', answer: { status: 502 } });
      const { repository, traffic } = open();
      await repository.putManifest(manifest, 'doubt');
      expect(traffic.unconfirmedTagWrites).toBe(2);
    });

    it('is none where nothing was sent', async () => {
      const { address, close } = await createScriptedServer(() => ({}));
      await close();
      const { repository, traffic } = open({ retryBudget: { remaining: 0 } }, { address });
      expect(await failureOf(repository.putManifest(manifest, 'v1'))).toMatchObject({
        code: 'ECONNREFUSED',
      });
      expect(traffic.unconfirmedTagWrites).toBe(0);
    });

    it.each([
      ['breaks off', 'NetworkError'],
      ['503', 'RegistryError'],
    ])('is none where it was the token: %s', async (how, name) => {
      const server = await createScriptedServer(
        () => ({}),
        ({ url = '', headers }, response) => {
          const realm = `Bearer realm="http://${headers.host ?? ''}/token"`;
          if (!url.startsWith('/token'))
            response.writeHead(401, { 'www-authenticate': realm }).end();
          else if (how === '503') response.writeHead(503).end();
          else response.destroy();
        },
      );
      servers.push(server);
      const { repository, traffic } = open({ retryBudget: { remaining: 0 } }, server);
      expect(await failureOf(repository.putManifest(manifest, 'v1'))).toMatchObject({
        name,
        method: 'GET',
      });
      expect(traffic.unconfirmedTagWrites).toBe(0);
    });

    it('does not apply to a manifest that is put by its digest', async () => {
      registry.faults.add({ on: 'putManifest', answer: { status: 504 } });
      const { repository, traffic } = open();
      await repository.putManifest(manifest, digest);
      expect(traffic.unconfirmedTagWrites).toBe(0);
    });
  });

  it('is not believed when another digest was stored', async () => {
    const other = digestOf(Buffer.from('other'));
    const { repository } = await openScript(() => ({
      status: 201,
      headers: { 'docker-content-digest': other },
    }));
    expect(await failureOf(repository.putManifest(manifest, 'v1'))).toMatchObject({
      name: 'DigestMismatchError',
      expected: digest,
      actual: other,
    });
  });

  it.each([307, 308])('follows %d, with its body and without credentials', async (status) => {
    const elsewhere = await createScriptedServer(() => ({ status: 201 }));
    servers.push(elsewhere);
    const { repository, server } = await openScript(
      ({ headers }) =>
        headers.authorization === undefined
          ? { status: 401, headers: { 'www-authenticate': 'Basic' } }
          : { status, headers: { location: `${elsewhere.origin}/kept` } },
      {
        findCredentials: () => Promise.resolve({ username: 'me', password: 'x' }),
        plainHttpHosts: ['127.0.0.1', elsewhere.address],
      },
    );
    await repository.putManifest(manifest, 'v1');
    expect(server.requests).toHaveLength(2);
    expect(elsewhere.requests).toMatchObject([
      { method: 'PUT', path: '/kept', body: Buffer.from(bytes).toString('latin1') },
    ]);
    expect(elsewhere.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([301, 302, 303])(
    'is not repeated as a PUT after %d, and not followed',
    async (status) => {
      const { repository, server } = await openScript(() => ({
        status,
        headers: { location: '/elsewhere' },
      }));
      expect(await failureOf(repository.putManifest(manifest, 'v1'))).toMatchObject({ status });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('is not done by a host that answers 200 to everything', async () => {
    const { repository } = await openScript(() => ({ status: 200 }));
    expect(await failureOf(repository.putManifest(manifest, 'v1'))).toMatchObject({ status: 200 });
  });

  it('says what the registry lacks', async () => {
    const missing = digestOf(Buffer.from('missing'));
    const errors = [{ code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown', detail: missing }];
    registry.faults.add({ on: 'putManifest', answer: { status: 400, errors, late: true } });
    expect(await failureOf(open().repository.putManifest(manifest, 'v1'))).toMatchObject({
      status: 400,
      codes: ['MANIFEST_BLOB_UNKNOWN'],
      entries: errors,
    });
  });

  describe('of another algorithm than sha256', () => {
    const long = parseManifest(bytes, OCI_IMAGE, digestOf(bytes, 'sha512'));

    it.each(['v1', 'other, v1', 'v1 , other', 'other,v1'])(
      'is put by its digest, with the tag in the query, as "%s" confirms',
      async (tags) => {
        const { repository, server } = await openScript(() => ({
          status: 201,
          headers: { 'oci-tag': [tags], 'docker-content-digest': long.descriptor.digest },
        }));
        await repository.putManifest(long, 'v1');
        expect(server.requests.map(({ path }) => path)).toEqual([
          `/v2/a/b/manifests/${long.descriptor.digest}?tag=v1`,
        ]);
      },
    );

    it('may have set its tag without a confirmation', async () => {
      const options = { retryBudget: { remaining: 0 } };
      const { repository, traffic } = await openScript(() => ({ status: 504 }), options);
      expect(await failureOf(repository.putManifest(long, 'v1'))).toMatchObject({ status: 504 });
      expect(traffic.unconfirmedTagWrites).toBe(1);
    });

    it('is not there where the registry keeps it by another digest', async () => {
      const { repository } = await openScript(({ path }) => ({
        status: 201,
        headers: path.includes('?tag=') ? {} : { 'docker-content-digest': digest },
      }));
      expect(await failureOf(repository.putManifest(long, 'v1'))).toMatchObject({
        name: 'DigestNotKeptError',
        message: expect.stringContaining(
          `/v2/a/b/manifests/v1 stored is kept as ${digest}`,
        ) as string,
      });
    });

    it.each([
      [200, true],
      [404, false],
    ])(
      'is asked for by its digest where its PUT names another: HEAD %d',
      async (status, isThere) => {
        const { repository, server } = await openScript(({ method }) => ({
          status: method === 'HEAD' ? status : 201,
          headers: { 'docker-content-digest': digest, 'content-type': OCI_IMAGE },
        }));
        const put = repository.putManifest(long, long.descriptor.digest);
        if (isThere) await put;
        else expect(await failureOf(put)).toMatchObject({ name: 'DigestNotKeptError' });
        expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'HEAD']);
      },
    );

    it('is put by its tag as well where the registry does not know that', async () => {
      const { repository, server } = await openScript(() => ({ status: 201 }));
      await repository.putManifest(long, 'v1');
      expect(server.requests.map(({ path }) => path)).toEqual([
        `/v2/a/b/manifests/${long.descriptor.digest}?tag=v1`,
        '/v2/a/b/manifests/v1',
      ]);
    });

    it('keeps its digest in a registry that knows it', async () => {
      const { repository } = open();
      await repository.putManifest(long, 'long');
      expect((await repository.headManifest('long'))?.digest).toBe(long.descriptor.digest);
    });
  });
});
