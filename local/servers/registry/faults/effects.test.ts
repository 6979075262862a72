import { connect } from 'node:net';
import { request } from 'node:http';
import { digestOf, type Digest } from '../../../../shared/oci/digest';
import { createTestRegistry, errorsOf, type TestRegistry } from '../test-client';
import { htmlPage, missingContent, phantomManifest, tooManyRequests } from './answers';

const CONTENT = '0123456789';
let registry: TestRegistry;
let blob: Digest;
beforeAll(async () => {
  registry = await createTestRegistry();
  blob = await registry.pushBlob('a/b', CONTENT);
  await registry.pushImage('a/b', 'v1');
});
beforeEach(() => {
  registry.faults.clear();
  registry.requests.reset();
});
afterAll(() => registry.close());

const getBlob = (headers: Record<string, string> = {}): Promise<Response> =>
  registry.call('GET', `/v2/a/b/blobs/${blob}`, { headers });

/** All bytes that a connection gives for one request. */
async function rawGet(path: string): Promise<string> {
  const socket = connect(Number(new URL(registry.origin).port), '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${registry.address}\r\n\r\n`);
  let received = '';
  for await (const bytes of socket) received += String(bytes);
  return received;
}

/** Sends what it can of an upload; the status, or undefined when the connection was broken off. */
async function patch(location: string, body: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { 'content-length': body.length };
    const upload = request(location, { method: 'PATCH', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    upload.on('error', () => resolve(undefined));
    upload.end(body);
  });
}

describe('a fault on an answer', () => {
  it('breaks the connection off after so many bytes', async () => {
    registry.faults.add({ on: 'getBlob', cutAfter: 4 });
    const received = await rawGet(`/v2/a/b/blobs/${blob}`);
    expect(received).toContain('content-length: 10');
    expect(received.endsWith('\r\n\r\n0123')).toBe(true);
    expect(await (await getBlob()).text()).toBe(CONTENT);
  });

  it('breaks the connection off right after the headers', async () => {
    registry.faults.add({ on: 'getBlob', cutAfter: 0 });
    const received = await rawGet(`/v2/a/b/blobs/${blob}`);
    expect(received).toContain('200 OK');
    expect(received.endsWith('\r\n\r\n')).toBe(true);
  });

  it('drops the answer of a request that was carried out', async () => {
    const digest = digestOf(Buffer.from('committed'));
    const location = await registry.startUpload('a/b');
    registry.faults.add({ on: 'putBlob', dropAnswer: true });
    const put = registry.call('PUT', `${location}&digest=${digest}`, { body: 'committed' });
    await expect(put).rejects.toThrow('fetch failed');
    expect((await registry.call('HEAD', `/v2/a/b/blobs/${digest}`)).status).toBe(200);
    expect(registry.requests.of('putBlob')[0]?.status).toBeUndefined();
  });

  it('changes a byte', async () => {
    registry.faults.add({ on: 'getBlob', corruptAt: 2 });
    const bytes = Buffer.from(await (await getBlob()).arrayBuffer());
    expect(bytes.length).toBe(10);
    expect(bytes[2]).toBe(0xff ^ '2'.charCodeAt(0));
    expect(bytes.toString('latin1').replace(/[^\d]/, '2')).toBe(CONTENT);
  });

  it.each([
    { bodyLength: 3, body: '012' },
    { bodyLength: 12, body: `${CONTENT}\0\0` },
    { bodyLength: 0, body: '' },
  ])('makes the body $bodyLength bytes long', async ({ bodyLength, body }) => {
    registry.faults.add({ on: 'getBlob', bodyLength });
    const response = await getBlob();
    expect(response.headers.get('content-length')).toBe(String(bodyLength));
    expect(await response.text()).toBe(body);
  });

  it('strikes manifests, too', async () => {
    registry.faults.add({ on: 'getManifest', corruptAt: 0, bodyLength: 1 });
    const response = await registry.call('GET', '/v2/a/b/manifests/v1');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0xff ^ 0x7b]));
  });

  it('sets and removes headers', async () => {
    const headers = { 'docker-content-digest': null, 'content-range': 'bytes 0-1/2' };
    registry.faults.add({ on: 'getBlob', headers });
    const response = await getBlob();
    expect(response.headers.get('docker-content-digest')).toBeNull();
    expect(response.headers.get('content-range')).toBe('bytes 0-1/2');
  });

  it('ignores a Range', async () => {
    registry.faults.add({ on: 'getBlob', requestHeaders: { range: null } });
    const response = await getBlob({ range: 'bytes=5-' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(CONTENT);
  });

  it('sends drop by drop', async () => {
    registry.faults.add({ on: 'getBlob', bytesPerSecond: 200 });
    expect(await (await getBlob()).text()).toBe(CONTENT);
  });

  it('stalls in the middle until the client goes', async () => {
    registry.faults.add({ on: 'getBlob', stallAfter: 6 });
    const controller = new AbortController();
    const response = await fetch(`${registry.origin}/v2/a/b/blobs/${blob}`, controller);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('012345');
    controller.abort();
    await expect(reader.read()).rejects.toThrow('abort');
  });

  it('waits first, and stops waiting when the client goes', async () => {
    registry.faults.add({ on: 'getBlob', delayMs: 20, times: 1 });
    expect((await getBlob()).status).toBe(200);
    registry.faults.add({ on: 'getBlob', delayMs: 10 * 60 * 1000 });
    const impatient = fetch(`${registry.origin}/v2/a/b/blobs/${blob}`, {
      signal: AbortSignal.timeout(30),
    });
    await expect(impatient).rejects.toThrow('timeout');
  });
});

describe('something that happens in between', () => {
  it('is done before the registry looks, or before it answers', async () => {
    const before = await registry.digestOf('a/b', 'v1');
    const seen: unknown[] = [];
    registry.faults.add({
      on: 'headManifest',
      before: () => registry.pushImage('a/b', 'v1', 'moved'),
      afterwards: async () => seen.push(await registry.digestOf('a/b', 'v1')),
    });
    const response = await registry.call('HEAD', '/v2/a/b/manifests/v1');
    const digest = response.headers.get('docker-content-digest');
    expect(digest).not.toBe(before);
    expect(seen).toEqual([digest]);
  });
});

describe('a fault on a request body', () => {
  it('breaks the connection off and keeps what has arrived', async () => {
    const location = await registry.startUpload('a/b');
    registry.faults.add({ on: 'patchUpload', cutRequestAfter: 4 });
    expect(await patch(location, CONTENT)).toBeUndefined();
    const status = await registry.call('GET', location);
    expect(status.headers.get('range')).toBe('0-3');
  });

  it('takes the body drop by drop', async () => {
    const location = await registry.startUpload('a/b');
    registry.faults.add({ on: 'patchUpload', bytesPerSecond: 200 });
    expect(await patch(location, CONTENT)).toBe(202);
  });

  it('stops taking it until the client goes', async () => {
    const location = await registry.startUpload('a/b');
    registry.faults.add({ on: 'patchUpload', stallAfter: 6 });
    const upload = fetch(location, {
      method: 'PATCH',
      body: CONTENT,
      signal: AbortSignal.timeout(50),
    });
    await expect(upload).rejects.toThrow('timeout');
    const put = await registry.call('PATCH', location, { body: 'x' });
    expect(put.headers.get('range')).toBe('0-6');
  });
});

describe('an answer in place of the registry’s', () => {
  it('has the spec’s error body', async () => {
    const errors = [{ code: 'DENIED', message: 'no', detail: { why: 'test' } }];
    registry.faults.add({ on: 'getBlob', answer: { status: 403, errors } });
    const response = await getBlob();
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toEqual(errors);
    expect(registry.requests.of('getBlob')).toMatchObject([{ status: 403 }]);
  });

  it('may come before the body was read, or after', async () => {
    const location = await registry.startUpload('a/b');
    registry.faults.add({ on: 'patchUpload', answer: { status: 413 } });
    registry.faults.add({ on: 'patchUpload', answer: { status: 500, late: true } });
    expect(await patch(location, CONTENT)).toBe(413);
    expect(await patch(location, CONTENT)).toBe(500);
  });

  it.each(['docker-registry', 'zot', 'no-detail'] as const)(
    'refuses a manifest as %s does',
    async (shape) => {
      const answer = missingContent(shape, [blob], digestOf(Buffer.from('{}')));
      registry.faults.add({ on: 'putManifest', answer });
      const response = await registry.call('PUT', '/v2/a/b/manifests/v2', { body: '{}' });
      expect(response.status).toBe(shape === 'zot' ? 404 : 400);
      const [error] = await errorsOf(response);
      expect(error?.code).toMatch(/BLOB_UNKNOWN$/);
      expect(JSON.stringify(error).includes(blob)).toBe(shape === 'docker-registry');
    },
  );

  it('returns a manifest that does not exist', async () => {
    const digest = digestOf(Buffer.from('phantom'));
    const answer = phantomManifest(digest, 'application/json', 321);
    registry.faults.add({ on: 'headManifest', answer });
    const response = await registry.call('HEAD', `/v2/a/b/manifests/${digest}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('321');
    expect(response.headers.get('docker-content-digest')).toBe(digest);
  });

  it.each([
    { retryAfter: 2, header: '2' },
    { retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT', header: 'Wed, 21 Oct 2026 07:28:00 GMT' },
    { retryAfter: undefined, header: null },
  ])('asks to come back after $header', async ({ retryAfter, header }) => {
    registry.faults.add({ on: 'getBlob', answer: tooManyRequests(retryAfter) });
    const response = await getBlob();
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe(header);
  });

  it('may be a proxy’s page', async () => {
    registry.faults.add({ on: 'getBlob', answer: htmlPage(502) });
    const response = await getBlob();
    expect(response.status).toBe(502);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(await response.text()).toContain('<h1>502</h1>');
  });
});

describe('a detour', () => {
  it('sends a blob’s reader to a link that works once, without authorization', async () => {
    registry.faults.add({ on: 'getBlob', redirect: 'relative' });
    const response = await getBlob();
    expect(response.status).toBe(302);
    const location = String(response.headers.get('location'));
    expect(location).toMatch(/^\/artifacts-downloads\//);
    expect((await registry.call('HEAD', location)).status).toBe(200);
    const range = { headers: { range: 'bytes=8-' } };
    expect(await (await registry.call('GET', location, range)).text()).toBe('89');
    expect((await registry.call('GET', location)).status).toBe(403);
  });

  it('leads to the same or to another origin', async () => {
    const other = await registry.openOrigin();
    registry.faults.add({ on: 'getBlob', redirect: 'absolute' });
    registry.faults.add({ on: 'getBlob', redirect: other as `http${string}` });
    const locations = [await getBlob(), await getBlob()].map(({ headers }) =>
      headers.get('location'),
    );
    expect(locations[0]).toMatch(`${registry.origin}/artifacts-downloads/`);
    expect(locations[1]).toMatch(`${other}/artifacts-downloads/`);
    expect(await (await registry.call('GET', String(locations[1]))).text()).toBe(CONTENT);
    expect(registry.requests.of('downloadBlob')).toMatchObject([{ host: new URL(other).host }]);
  });

  it('does not hide that a blob does not exist', async () => {
    registry.faults.add({ on: 'getBlob', redirect: 'relative' });
    const absent = digestOf(Buffer.from('absent'));
    expect((await registry.call('GET', `/v2/a/b/blobs/${absent}`)).status).toBe(404);
  });

  it('changes where an upload goes on', async () => {
    const other = await registry.openOrigin();
    registry.faults.add({ on: 'startUpload', location: 'relative' });
    registry.faults.add({ on: 'startUpload', location: other as `http${string}` });
    expect(await registry.startUpload('a/b')).toMatch(/^\/v2\/a\/b\/blobs\/uploads\/.+\?_state=/);
    const location = await registry.startUpload('a/b');
    expect(location.startsWith(`${other}/v2/a/b/`)).toBe(true);
    expect(await patch(location, CONTENT)).toBe(202);
  });

  it('leaves an answer without Location alone', async () => {
    registry.faults.add({ on: 'headBlob', location: 'relative' });
    expect((await registry.call('HEAD', `/v2/a/b/blobs/${blob}`)).status).toBe(200);
  });
});
