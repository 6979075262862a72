import { request } from 'node:http';
import { digestOf } from '../../../../shared/oci/digest';
import { createTestRegistry, errorsOf, type TestRegistry } from '../test-client';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
});
afterAll(() => registry.close());

const read = async (repository: string, digest: string): Promise<string> =>
  (await registry.call('GET', `/v2/${repository}/blobs/${digest}`)).text();

describe('an upload', () => {
  it('takes the whole content in one POST', async () => {
    const digest = digestOf(Buffer.from('one post'));
    const response = await registry.call('POST', `/v2/a/b/blobs/uploads/?digest=${digest}`, {
      body: 'one post',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`${registry.origin}/v2/a/b/blobs/${digest}`);
    expect(await read('a/b', digest)).toBe('one post');
  });

  it('takes chunks and says how far it is', async () => {
    const digest = digestOf(Buffer.from('first second third'));
    const start = await registry.startUpload('a/b');
    const first = await registry.call('PATCH', start, {
      body: 'first ',
      headers: { 'content-range': '0-5' },
    });
    expect(first.status).toBe(202);
    expect(first.headers.get('range')).toBe('0-5');
    const status = await registry.call('GET', String(first.headers.get('location')));
    expect(status.status).toBe(204);
    expect(status.headers.get('range')).toBe('0-5');
    const second = await registry.call('PATCH', String(status.headers.get('location')), {
      body: 'second ',
      headers: { 'content-range': 'bytes 6-12/*' },
    });
    const last = await registry.call(
      'PUT',
      `${String(second.headers.get('location'))}&digest=${digest}`,
      {
        body: 'third',
        headers: { 'content-range': '13-17' },
      },
    );
    expect(last.status).toBe(201);
    expect(await read('a/b', digest)).toBe('first second third');
  });

  it('returns its offset if a chunk does not follow', async () => {
    const location = await registry.startUpload('a/b');
    await registry.call('PATCH', location, { body: '0123' });
    const response = await registry.call('PATCH', location, {
      body: '89',
      headers: { 'content-range': '8-9' },
    });
    expect(response.status).toBe(416);
    expect(response.headers.get('range')).toBe('0-3');
    expect(await errorsOf(response)).toMatchObject([{ code: 'RANGE_INVALID' }]);
  });

  it.each(['x', '3-1', '0-9'])('refuses the Content-Range %s for two bytes', async (range) => {
    const location = await registry.startUpload('a/b');
    const headers = { 'content-range': range };
    const response = await registry.call('PATCH', location, { body: 'ab', headers });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([{ code: 'BLOB_UPLOAD_INVALID' }]);
  });

  it.each(['', '?digest-algorithm=sha512'])(
    'takes a sha512 digest after POST %s',
    async (query) => {
      const content = `big digest ${query}`;
      const digest = digestOf(Buffer.from(content), 'sha512');
      const start = await registry.call('POST', `/v2/a/b/blobs/uploads/${query}`);
      const location = String(start.headers.get('location'));
      const put = await registry.call('PUT', `${location}&digest=${digest}`, { body: content });
      expect(put.status).toBe(201);
      expect(await read('a/b', digest)).toBe(content);
    },
  );

  it('does not know other algorithms', async () => {
    const response = await registry.call('POST', '/v2/a/b/blobs/uploads/?digest-algorithm=md5');
    expect(response.status).toBe(400);
  });

  it('refuses content that has another digest, and forgets the session', async () => {
    const digest = digestOf(Buffer.from('promised'));
    const location = `${await registry.startUpload('a/b')}&digest=${digest}`;
    const response = await registry.call('PUT', location, { body: 'delivered' });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([
      { code: 'DIGEST_INVALID', detail: { expected: digest } },
    ]);
    expect((await registry.call('PUT', location, { body: 'promised' })).status).toBe(404);
    expect((await registry.call('HEAD', `/v2/a/b/blobs/${digest}`)).status).toBe(404);
  });

  it('needs a digest to end', async () => {
    const location = await registry.startUpload('a/b');
    const response = await registry.call('PUT', location, { body: 'x' });
    expect(await errorsOf(response)).toMatchObject([{ code: 'DIGEST_INVALID', detail: null }]);
  });

  it('can be given up', async () => {
    const location = await registry.startUpload('a/b');
    expect((await registry.call('DELETE', location)).status).toBe(204);
    const response = await registry.call('PATCH', location, { body: 'x' });
    expect(response.status).toBe(404);
    expect(await errorsOf(response)).toMatchObject([{ code: 'BLOB_UPLOAD_UNKNOWN' }]);
  });

  it('belongs to one repository, and to clients that keep its whole Location', async () => {
    const location = await registry.startUpload('a/b');
    const elsewhere = await registry.call('GET', location.replace('/a/b/', '/a/c/'));
    expect(elsewhere.status).toBe(404);
    expect((await registry.call('GET', location.replace(/\?.*/, ''))).status).toBe(404);
  });

  it('keeps what arrived before the client broke off', async () => {
    const location = new URL(await registry.startUpload('a/b'));
    const upload = request(location, { method: 'PATCH', headers: { 'content-length': 100 } });
    upload.on('error', () => undefined);
    upload.write('0123456789');
    const received = async () => (await registry.call('GET', location.href)).headers.get('range');
    while ((await received()) !== '0-9');
    upload.destroy(new Error('gone'));
    const rest = await registry.call('PATCH', location.href, { body: 'abc' });
    expect(rest.headers.get('range')).toBe('0-12');
    const digest = digestOf(Buffer.from('0123456789abc'));
    const put = await registry.call('PUT', `${location.href}&digest=${digest}`);
    expect(put.status).toBe(201);
  });

  it('may be one of many of the same blob at once', async () => {
    const content = Buffer.alloc(1024 * 1024, 'same');
    const pushes = Array.from({ length: 8 }, (_, number) =>
      registry.pushBlob(`many/${number % 2}`, content),
    );
    const [digest = ''] = await Promise.all(pushes);
    for (const repository of ['many/0', 'many/1']) {
      expect(await read(repository, digest)).toBe(content.toString());
    }
  });
});

describe('a mount', () => {
  const mount = (repository: string, digest: string, from = ''): Promise<Response> =>
    registry.call('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}${from}`);

  it('shows a blob of another repository', async () => {
    const digest = await registry.pushBlob('mount/source', 'mounted');
    const response = await mount('mount/target', digest, '&from=mount/source');
    expect(response.status).toBe(201);
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    expect(await read('mount/target', digest)).toBe('mounted');
  });

  it('opens an upload when the named repository has no such blob, though another has', async () => {
    const digest = await registry.pushBlob('mount/source', 'mounted');
    const response = await mount('mount/other', digest, '&from=mount/empty');
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toContain('/v2/mount/other/blobs/uploads/');
    expect((await registry.call('HEAD', `/v2/mount/other/blobs/${digest}`)).status).toBe(404);
  });

  it('answers whether the repository itself has the blob', async () => {
    const digest = await registry.pushBlob('mount/self', 'present');
    expect((await mount('mount/self', digest, '&from=mount/self')).status).toBe(201);
    const absent = digestOf(Buffer.from('absent'));
    expect((await mount('mount/self', absent, '&from=mount/self')).status).toBe(202);
  });

  it('finds the blob itself when no repository is named', async () => {
    const digest = await registry.pushBlob('mount/source', 'found by itself');
    expect((await mount('mount/anonymous', digest)).status).toBe(201);
    expect(await read('mount/anonymous', digest)).toBe('found by itself');
  });

  it('takes no path for a repository', async () => {
    const digest = await registry.pushBlob('mount/source', 'mounted');
    expect((await mount('mount/path', digest, '&from=../mount/source')).status).toBe(202);
  });
});
