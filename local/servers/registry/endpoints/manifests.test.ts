import { digestOf, type Digest } from '../../../../shared/oci/digest';
import { image, index } from '../../../images/image';
import { OCI } from '../../../images/media-types';
import { push } from '../../../images/push';
import type { GcrMessage } from '../events';
import { createTestRegistry, errorsOf, type TestRegistry } from '../test-client';

const messages: GcrMessage[] = [];
let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry({
    publicName: 'us-docker.pkg.dev',
    onMessage: (message) => messages.push(message),
  });
});
beforeEach(() => {
  messages.length = 0;
});
afterAll(() => registry.close());

const at = (repository: string) => ({ registry: registry.address, repository });

function put(
  path: string,
  manifest: unknown,
  contentType: string = OCI.manifest,
): Promise<Response> {
  const body = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  return registry.call('PUT', `/v2/${path}`, { body, headers: { 'content-type': contentType } });
}

const EMPTY = { schemaVersion: 2, mediaType: OCI.index, manifests: [] };
const descriptor = (digest: Digest, more: object = {}) => ({
  mediaType: 'application/octet-stream',
  digest,
  size: 1,
  ...more,
});
const ABSENT = digestOf(Buffer.from('absent'));
const ALSO_ABSENT = digestOf(Buffer.from('also absent'));

describe('PUT of a manifest', () => {
  it('keeps the bytes and the media type', async () => {
    const body = ` { "schemaVersion" : 2, "manifests" : [] } `;
    const response = await put('put/bytes/manifests/v1', body, OCI.index);
    expect(response.status).toBe(201);
    const digest = digestOf(Buffer.from(body));
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    const read = await registry.call('GET', `/v2/put/bytes/manifests/${digest}`);
    expect(await read.text()).toBe(body);
    expect(read.headers.get('content-type')).toBe(OCI.index);
    expect(await registry.digestOf('put/bytes', 'v1')).toBe(digest);
  });

  it('names every blob and child that is missing', async () => {
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI.manifest,
      config: descriptor(ABSENT),
      layers: [descriptor(ALSO_ABSENT), descriptor(ABSENT)],
    };
    const response = await put('put/missing/manifests/v1', manifest);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([
      { code: 'MANIFEST_BLOB_UNKNOWN', detail: ABSENT },
      { code: 'MANIFEST_BLOB_UNKNOWN', detail: ALSO_ABSENT },
    ]);
    const parent = { ...EMPTY, manifests: [descriptor(ABSENT)] };
    const refused = await put('put/missing/manifests/v1', parent, OCI.index);
    expect(await errorsOf(refused)).toMatchObject([{ detail: ABSENT }]);
    expect(messages).toStrictEqual([]);
  });

  it('takes blobs of an index for its children, as build caches have them', async () => {
    const layer = await registry.pushBlob('put/cache', 'a cached layer');
    const response = await put(
      'put/cache/manifests/v1',
      { ...EMPTY, manifests: [descriptor(layer)] },
      OCI.index,
    );
    expect(response.status).toBe(201);
  });

  it.each([
    { foreign: { urls: ['https://example.com/layer'] } },
    { foreign: { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' } },
    { foreign: { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' } },
  ])('does not ask for a layer with $foreign', async ({ foreign }) => {
    const config = descriptor(await registry.pushBlob('put/foreign', '{}'));
    const layers = [descriptor(ABSENT, foreign)];
    const manifest = { schemaVersion: 2, mediaType: OCI.manifest, config, layers };
    expect((await put('put/foreign/manifests/v1', manifest)).status).toBe(201);
  });

  it('does not ask for the subject', async () => {
    const manifest = { ...EMPTY, subject: descriptor(ABSENT) };
    const response = await put('put/subject/manifests/v1', manifest, OCI.index);
    expect(response.status).toBe(201);
    expect(response.headers.get('oci-subject')).toBe(ABSENT);
  });

  it('accepts sparse manifests if configured', async () => {
    const sparse = await createTestRegistry({ sparse: true });
    const body = JSON.stringify({ ...EMPTY, manifests: [descriptor(ABSENT)] });
    const headers = { 'content-type': OCI.index };
    const response = await sparse.call('PUT', '/v2/a/b/manifests/v1', { body, headers });
    expect(response.status).toBe(201);
    await sparse.close();
  });

  it('sets several tags at once', async () => {
    const digest = digestOf(Buffer.from(JSON.stringify(EMPTY)), 'sha512');
    const path = `put/tags/manifests/${digest}?tag=a&tag=b`;
    const response = await put(path, EMPTY, OCI.index);
    expect(response.headers.get('oci-tag')).toBe('a, b');
    expect(await registry.digestOf('put/tags', 'a')).toBe(digest);
    expect(messages).toMatchObject([
      { tag: 'us-docker.pkg.dev/put/tags:a' },
      { tag: 'us-docker.pkg.dev/put/tags:b' },
    ]);
  });

  it.each([
    { about: 'no JSON', body: '{', code: 'MANIFEST_INVALID' },
    { about: 'no object', body: '[]', code: 'MANIFEST_INVALID' },
    {
      about: 'no UTF-8',
      body: '{"schemaVersion":2,"manifests":[],"x":"\xff"}',
      code: 'MANIFEST_INVALID',
      latin1: true,
    },
    {
      about: 'a bad digest inside',
      body: { ...EMPTY, subject: { digest: 'x', size: 1 } },
      code: 'MANIFEST_INVALID',
    },
    {
      about: 'another media type',
      body: { ...EMPTY, mediaType: OCI.manifest },
      code: 'MANIFEST_INVALID',
    },
    { about: 'a bad tag', body: EMPTY, reference: '-v1', code: 'TAG_INVALID' },
    { about: 'a bad second tag', body: EMPTY, reference: `${ABSENT}?tag=..`, code: 'TAG_INVALID' },
    { about: 'a bad digest', body: EMPTY, reference: 'sha256:1234', code: 'DIGEST_INVALID' },
    { about: 'another digest', body: EMPTY, reference: ABSENT, code: 'DIGEST_INVALID' },
  ])('refuses $about', async ({ body, reference = 'v1', code, latin1 = false }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await registry.call('PUT', `/v2/put/bad/manifests/${reference}`, {
      body: Buffer.from(text, latin1 ? 'latin1' : 'utf8'),
      headers: { 'content-type': OCI.index },
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([{ code }]);
  });

  it('refuses more than 4 MiB', async () => {
    const huge = { ...EMPTY, annotations: { huge: 'x'.repeat(4 * 1024 * 1024) } };
    const response = await put('put/huge/manifests/v1', huge, OCI.index);
    expect(response.status).toBe(413);
    expect(await errorsOf(response)).toMatchObject([{ code: 'SIZE_INVALID' }]);
  });

  it('takes the media type of the body when the request names none', async () => {
    const body = Buffer.from(JSON.stringify(EMPTY));
    const response = await registry.call('PUT', '/v2/put/type/manifests/v1', { body });
    expect(response.status).toBe(201);
    const read = await registry.call('GET', '/v2/put/type/manifests/v1');
    expect(read.headers.get('content-type')).toBe(OCI.index);
  });
});

describe('immutable tags', () => {
  it('refuses to move a tag, and nothing else', async () => {
    const immutable = await createTestRegistry({ immutableTags: true });
    const first = await immutable.pushImage('a/b', 'v1', 'first');
    await immutable.pushImage('a/b', 'v1', 'first');
    const second = image({ annotations: { seed: 'second' } });
    const location = { registry: immutable.address, repository: 'a/b' };
    await push(second, location);
    const headers = { 'content-type': OCI.manifest };
    const response = await immutable.call('PUT', '/v2/a/b/manifests/v1', {
      body: Buffer.from(second.manifests.at(-1)!.bytes),
      headers,
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([
      {
        code: 'MANIFEST_INVALID',
        message:
          'manifest invalid: cannot update tag v1. The repository has enabled tag immutability',
      },
    ]);
    expect(await immutable.digestOf('a/b', 'v1')).toBe(first);
    await immutable.close();
  });
});

describe('DELETE of a manifest', () => {
  it('takes a tag and leaves the manifest', async () => {
    const digest = await registry.pushImage('delete/tag', 'v1');
    expect((await registry.call('DELETE', '/v2/delete/tag/manifests/v1')).status).toBe(202);
    expect((await registry.call('HEAD', '/v2/delete/tag/manifests/v1')).status).toBe(404);
    expect((await registry.call('HEAD', `/v2/delete/tag/manifests/${digest}`)).status).toBe(200);
    expect((await registry.call('DELETE', '/v2/delete/tag/manifests/v1')).status).toBe(404);
  });

  it('takes the tags and the place among the referrers along', async () => {
    const manifest = { ...EMPTY, subject: descriptor(ABSENT) };
    await put('delete/all/manifests/v1', manifest, OCI.index);
    await registry.pushImage('delete/all', 'other');
    const digest = await registry.digestOf('delete/all', 'v1');
    const response = await registry.call('DELETE', `/v2/delete/all/manifests/${String(digest)}`);
    expect(response.status).toBe(202);
    expect(await registry.tags('delete/all')).toEqual(['other']);
    const referrers = await registry.call('GET', `/v2/delete/all/referrers/${ABSENT}`);
    expect(await referrers.json()).toMatchObject({ manifests: [] });
  });

  it('does not find what is not there', async () => {
    const response = await registry.call('DELETE', `/v2/delete/none/manifests/${ABSENT}`);
    expect(response.status).toBe(404);
    expect(await errorsOf(response)).toMatchObject([{ code: 'MANIFEST_UNKNOWN' }]);
  });
});

describe('messages', () => {
  const NAME = 'us-docker.pkg.dev/vendor/api';

  it('announce a push by digest for each child, then the tag of the index', async () => {
    const children = [
      image({ platform: { os: 'linux', architecture: 'amd64' } }),
      image({ platform: { os: 'linux', architecture: 'arm64' } }),
    ];
    const root = index({ entries: children.map((child) => ({ image: child })), tag: 'v1' });
    await push(root, at('vendor/api'));
    expect(messages).toEqual([
      ...children.map(({ root: { digest } }) => ({
        action: 'INSERT',
        digest: `${NAME}@${digest}`,
      })),
      { action: 'INSERT', digest: `${NAME}@${root.root.digest}`, tag: `${NAME}:v1` },
    ]);
  });

  it('announce deletions, tags first', async () => {
    const digest = await registry.pushImage('vendor/api', 'v2', 'messages');
    await put('vendor/api/manifests/v3', EMPTY, OCI.index);
    messages.length = 0;
    await registry.call('DELETE', '/v2/vendor/api/manifests/v3');
    await registry.call('DELETE', `/v2/vendor/api/manifests/${digest}`);
    expect(messages).toEqual([
      { action: 'DELETE', tag: `${NAME}:v3` },
      { action: 'DELETE', tag: `${NAME}:v2` },
      { action: 'DELETE', digest: `${NAME}@${digest}` },
    ]);
  });

  it('use the host of the request if no name is configured', async () => {
    const reported: GcrMessage[] = [];
    const unnamed = await createTestRegistry({ onMessage: (message) => reported.push(message) });
    const digest = await unnamed.pushImage('a/b', 'v1');
    const name = `${unnamed.address}/a/b`;
    expect(reported).toEqual([
      { action: 'INSERT', digest: `${name}@${digest}`, tag: `${name}:v1` },
    ]);
    await unnamed.close();
  });
});
