import { digestOf } from '../../../../shared/oci/digest';
import { createTestRegistry, errorsOf, type TestRegistry } from '../test-client';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
});
afterAll(() => registry.close());

const MISSING = digestOf(Buffer.from('never pushed'));

describe('GET and HEAD of a blob', () => {
  it('gives the content with its digest', async () => {
    const digest = await registry.pushBlob('a/b', 'content');
    const response = await registry.call('GET', `/v2/a/b/blobs/${digest}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('content');
  });

  it('gives the headers alone to a HEAD', async () => {
    const digest = await registry.pushBlob('a/b', 'content');
    const response = await registry.call('HEAD', `/v2/a/b/blobs/${digest}`);
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('');
  });

  it('gives an empty blob', async () => {
    const digest = await registry.pushBlob('a/b', '');
    const response = await registry.call('GET', `/v2/a/b/blobs/${digest}`);
    expect(response.headers.get('content-length')).toBe('0');
    expect(await response.text()).toBe('');
  });

  it('shows a blob only in the repository that it was pushed to', async () => {
    const digest = await registry.pushBlob('a/b', 'only here');
    const elsewhere = await registry.call('GET', `/v2/a/c/blobs/${digest}`);
    expect(elsewhere.status).toBe(404);
    expect(await errorsOf(elsewhere)).toEqual([
      { code: 'BLOB_UNKNOWN', message: 'blob unknown to registry', detail: digest },
    ]);
  });

  it('rejects an invalid digest', async () => {
    const response = await registry.call('GET', '/v2/a/b/blobs/sha256:short');
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([{ code: 'DIGEST_INVALID' }]);
  });

  it('takes a digest with an escaped colon', async () => {
    const digest = await registry.pushBlob('a/b', 'content');
    const escaped = digest.replace(':', '%3A');
    expect((await registry.call('GET', `/v2/a/b/blobs/${escaped}`)).status).toBe(200);
  });
});

describe('Range', () => {
  const CONTENT = '0123456789';

  it.each([
    { range: 'bytes=2-4', body: '234', contentRange: 'bytes 2-4/10' },
    { range: 'bytes=7-', body: '789', contentRange: 'bytes 7-9/10' },
    { range: 'bytes=-3', body: '789', contentRange: 'bytes 7-9/10' },
    { range: 'bytes=-30', body: CONTENT, contentRange: 'bytes 0-9/10' },
    { range: 'bytes=8-30', body: '89', contentRange: 'bytes 8-9/10' },
  ])('$range is answered with that part', async ({ range, body, contentRange }) => {
    const digest = await registry.pushBlob('a/b', CONTENT);
    const response = await registry.call('GET', `/v2/a/b/blobs/${digest}`, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(await response.text()).toBe(body);
  });

  it.each(['bytes=4-2', 'bytes=10-', 'bytes=-0'])('%s is not satisfiable', async (range) => {
    const digest = await registry.pushBlob('a/b', CONTENT);
    const response = await registry.call('GET', `/v2/a/b/blobs/${digest}`, { headers: { range } });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
  });

  it.each(['bytes=0-1,4-5', 'lines=1-2', 'bytes=-'])('%s is ignored', async (range) => {
    const digest = await registry.pushBlob('a/b', CONTENT);
    const response = await registry.call('GET', `/v2/a/b/blobs/${digest}`, { headers: { range } });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(CONTENT);
  });
});

describe('DELETE of a blob', () => {
  it('takes it from one repository and leaves it in the others', async () => {
    const digest = await registry.pushBlob('keep/a', 'shared content');
    await registry.pushBlob('keep/b', 'shared content');
    expect((await registry.call('DELETE', `/v2/keep/a/blobs/${digest}`)).status).toBe(202);
    expect((await registry.call('HEAD', `/v2/keep/a/blobs/${digest}`)).status).toBe(404);
    const other = await registry.call('GET', `/v2/keep/b/blobs/${digest}`);
    expect(await other.text()).toBe('shared content');
  });

  it('takes the content away with the last repository that shows it', async () => {
    const digest = await registry.pushBlob('last/a', 'soon gone');
    await registry.call('DELETE', `/v2/last/a/blobs/${digest}`);
    const mount = await registry.call('POST', `/v2/last/b/blobs/uploads/?mount=${digest}`);
    expect(mount.status).toBe(202);
  });

  it('does not find what is not there', async () => {
    const response = await registry.call('DELETE', `/v2/a/b/blobs/${MISSING}`);
    expect(response.status).toBe(404);
  });
});
