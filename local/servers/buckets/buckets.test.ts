import { request } from 'undici';
import { withStorageClient } from '../../../test/support/storage-client';
import { createBuckets, type Buckets } from './buckets';
import { apiAnswer } from './errors';
import type { BucketNotification } from './resource';

const TOPIC = 'projects/vendor/topics/object-changes';
let buckets: Buckets;
const notifications: BucketNotification[] = [];
beforeAll(async () => {
  buckets = await createBuckets({
    buckets: ['vendor', 'acme'],
    topics: { vendor: TOPIC },
    pageSize: 3,
    rewriteBytesPerCall: 1024 * 1024,
    onNotification: (notification) => notifications.push(notification),
  });
});
beforeEach(() => {
  notifications.length = 0;
  buckets.requests.reset();
  buckets.faults.clear();
});
afterAll(() => buckets.close());

/** One request, as the client never sends it. */
async function call(method: 'GET' | 'PATCH' | 'POST' | 'PUT', path: string, body?: string) {
  const {
    statusCode,
    headers,
    body: answer,
  } = await request(`${buckets.origin}${path}`, {
    method,
    body: body ?? null,
  });
  const text = await answer.text();
  return { status: statusCode, headers, json: (text === '' ? {} : JSON.parse(text)) as object };
}

describe('the real client', () => {
  it('makes a bucket, and finds one or none', async () => {
    const found = await withStorageClient(buckets.origin, {}, async (storage) => {
      await storage.createBucket('made-here');
      const [here] = await storage.bucket('made-here').exists();
      const [nowhere] = await storage.bucket('no-such-bucket').exists();
      const again = await storage
        .createBucket('made-here')
        .catch((error: unknown) => String(error));
      return { here, nowhere, again };
    });
    expect(found).toMatchObject({ here: true, nowhere: false });
    expect(found.again).toContain('You already own');
  });

  it('has all permissions that it asks about', async () => {
    const asked = ['storage.objects.create', 'storage.objects.get'];
    const found = await withStorageClient(buckets.origin, asked, async (storage, permissions) => {
      const [held] = await storage.bucket('acme').iam.testPermissions(permissions);
      const nowhere = await storage
        .bucket('no-such-bucket')
        .iam.testPermissions(permissions)
        .catch((error: unknown) => String(error));
      return { held, nowhere };
    });
    expect(found.held).toEqual({ 'storage.objects.create': true, 'storage.objects.get': true });
    expect(found.nowhere).toContain('does not exist');
  });

  it('finds the notification of a bucket that has one', async () => {
    const found = await withStorageClient(buckets.origin, {}, async (storage) => {
      const of = async (name: string) => (await storage.bucket(name).getNotifications())[0];
      return {
        vendor: (await of('vendor')).map(({ metadata }) => metadata),
        acme: await of('acme'),
      };
    });
    expect(found).toMatchObject({
      vendor: [
        {
          topic: `//pubsub.googleapis.com/${TOPIC}`,
          event_types: ['OBJECT_FINALIZE', 'OBJECT_METADATA_UPDATE'],
        },
      ],
      acme: [],
    });
  });

  it('uploads in each way, with what it says of the object, and downloads whole or in part', async () => {
    const name = 'models/ü %2F#1.bin';
    const found = await withStorageClient(buckets.origin, name, async (storage, input) => {
      const file = storage.bucket('vendor').file(input);
      const content = Buffer.alloc(700_000, '0123456789');
      const metadata = {
        contentType: 'x/y',
        cacheControl: 'no-store',
        metadata: { team: 'ml' },
      };
      const checked: unknown[] = [];
      for (const how of [
        { resumable: false },
        { resumable: true },
        { resumable: true, chunkSize: 256 * 1024 },
      ]) {
        await file.save(content, { ...how, metadata });
        const [whole] = await file.download();
        const [about] = await file.getMetadata();
        const [part] = await file.download({ start: 10, end: 15, validation: false });
        checked.push([whole.equals(content), about, part.toString()]);
      }
      return checked;
    });
    const about = {
      contentType: 'x/y',
      cacheControl: 'no-store',
      metadata: { team: 'ml' },
      size: '700000',
    };
    const { generation } = buckets.find('vendor', name)!;
    expect(found).toMatchObject([
      [true, about, '012345'],
      [true, about, '012345'],
      [true, { ...about, generation }, '012345'],
    ]);
    expect(buckets.requests.counts()).toMatchObject({
      insertObject: 1,
      startUpload: 2,
      continueUpload: 4,
    });
  });

  it('lists by prefix, page by page, and by folder', async () => {
    for (const name of ['l/a', 'l/b', 'l/c/1', 'l/c/2', 'l/d', 'm']) {
      buckets.put('acme', name, name);
    }
    const found = await withStorageClient(buckets.origin, {}, async (storage) => {
      const [all] = await storage.bucket('acme').getFiles({ prefix: 'l/' });
      const [flat] = await storage.bucket('acme').getFiles({ prefix: 'l/', delimiter: '/' });
      return { all: all.map(({ name }) => name), flat: flat.map(({ name }) => name) };
    });
    expect(found).toEqual({
      all: ['l/a', 'l/b', 'l/c/1', 'l/c/2', 'l/d'],
      flat: ['l/a', 'l/b', 'l/d'],
    });
    expect(buckets.requests.counts()).toEqual({ listObjects: 4 });
  });

  it('copies, call after call, changes metadata, and is refused what preconditions do not allow', async () => {
    const big = Buffer.alloc(2.5 * 1024 * 1024, 'x');
    const { generation } = buckets.put('vendor', 'big', big, {
      contentType: 'x/y',
      metadata: { a: '1' },
    });
    const refused = await withStorageClient(buckets.origin, generation, async (storage, before) => {
      const file = storage.bucket('vendor').file('big');
      await file.copy(storage.bucket('acme').file('copied'));
      await file.setMetadata({ cacheControl: 'no-cache', metadata: { b: '2' } });
      const status = (error: { code?: unknown }) => error.code;
      const preconditionOpts = { ifGenerationMatch: 0 };
      const saved = file.save('2', { resumable: false, preconditionOpts }).catch(status);
      const refusals = [await saved, await file.delete({ ifGenerationMatch: 1 }).catch(status)];
      await file.delete({ ifGenerationMatch: before });
      return refusals;
    });
    expect(refused).toEqual([412, 412]);
    expect(buckets.requests.counts()).toMatchObject({ rewriteObject: 3, patchObject: 1 });
    expect(buckets.find('acme', 'copied')).toMatchObject({
      content: { size: big.length },
      description: { contentType: 'x/y', metadata: { a: '1' } },
    });
    expect(buckets.find('vendor', 'big')).toBeUndefined();
  });
});

it('changes metadata without a new generation', async () => {
  const before = buckets.put('vendor', 'patched', 'x', { metadata: { a: '1' } });
  const patch = '{"cacheControl":"no-cache","metadata":{"b":"2"}}';
  await call('PATCH', '/storage/v1/b/vendor/o/patched', patch);
  expect(buckets.find('vendor', 'patched')).toMatchObject({
    generation: before.generation,
    metageneration: 2,
    description: { cacheControl: 'no-cache', metadata: { a: '1', b: '2' } },
  });
});

describe('a notification', () => {
  it('announces each change once it can be read', () => {
    const first = buckets.put('vendor', 'reported', '1', { contentType: 'x/y' });
    const second = buckets.put('vendor', 'reported', '2');
    buckets.describe('vendor', 'reported', { cacheControl: 'no-store' });
    buckets.remove('vendor', 'reported');
    buckets.remove('vendor', 'reported');
    expect(notifications.map(({ attributes: { eventType } }) => eventType)).toEqual([
      'OBJECT_FINALIZE',
      'OBJECT_FINALIZE',
      'OBJECT_DELETE',
      'OBJECT_METADATA_UPDATE',
      'OBJECT_DELETE',
    ]);
    expect(notifications[0]).toMatchObject({
      attributes: {
        payloadFormat: 'JSON_API_V1',
        bucketId: 'vendor',
        objectId: 'reported',
        objectGeneration: first.generation,
      },
      data: { name: 'reported', bucket: 'vendor', size: '1', contentType: 'x/y' },
    });
    expect(notifications[0]?.attributes).not.toHaveProperty('overwroteGeneration');
    expect(notifications[1]?.attributes).toMatchObject({ overwroteGeneration: first.generation });
    expect(notifications[2]?.attributes).toMatchObject({
      objectGeneration: first.generation,
      overwrittenByGeneration: second.generation,
    });
  });
});

describe('the JSON API', () => {
  it('answers what `fields` ask for', async () => {
    const { generation } = buckets.put('vendor', 'fields', 'x', { metadata: { a: '1', b: '2' } });
    const path = '/storage/v1/b/vendor/o/fields?fields=generation,metadata/a';
    expect((await call('GET', path)).json).toEqual({ generation, metadata: { a: '1' } });
    const list = '/storage/v1/b/vendor/o?prefix=fields&fields=items(name,size),nextPageToken';
    expect((await call('GET', list)).json).toEqual({ items: [{ name: 'fields', size: '1' }] });
  });

  it.each([
    ['GET', '/storage/v1/b/nowhere/o/x', 404, 'The specified bucket does not exist.'],
    ['GET', '/storage/v1/b/vendor/o/nothing', 404, 'No such object: vendor/nothing'],
    ['GET', '/storage/v1/b/vendor/o?maxResults=0', 400, 'Invalid value for maxResults.'],
    ['GET', '/storage/v1/nonsense', 404, 'Not Found'],
    ['GET', '/storage/v1/b/vendor/o/%ff', 404, 'Not Found'],
    ['PUT', '/storage/v1/b/vendor/o/x', 404, 'Not Found'],
    ['POST', '/storage/v1/b/vendor/o', 404, 'Not Found'],
    ['POST', '/upload/storage/v1/b/vendor/o?uploadType=media', 400, 'Invalid object name'],
    ['POST', '/upload/storage/v1/b/nowhere/o?uploadType=resumable', 404, 'The specified bucket'],
    ['POST', '/upload/storage/v1/b/vendor/o?uploadType=multipart', 400, 'has two parts'],
    ['PUT', '/upload/storage/v1/b/vendor/o?upload_id=1', 404, 'No such upload'],
    ['POST', '/storage/v1/b/vendor/o/x?ifGenerationMatch=1', 404, 'Not Found'],
  ] as const)('refuses %s %s with %i', async (method, path, status, message) => {
    const answer = await call(method, path);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code: status } });
    expect(JSON.stringify(answer.json)).toContain(message);
  });

  it('serves a part of an object, with all that it says of itself', async () => {
    const description = {
      cacheControl: 'no-store',
      contentDisposition: 'inline',
      contentEncoding: 'br',
      contentLanguage: 'de',
    };
    buckets.put('vendor', 'part', new Uint8Array([1, 2, 3]), description);
    const url = `${buckets.origin}/download/storage/v1/b/vendor/o/part?alt=media`;
    const get = (range: string) => request(url, { headers: { range } });
    const { statusCode, headers, body } = await get('bytes=1-');
    expect([statusCode, [...(await body.bytes())]]).toEqual([206, [2, 3]]);
    expect(headers).toMatchObject({
      'content-range': 'bytes 1-2/3',
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'content-disposition': 'inline',
      'content-encoding': 'br',
      'content-language': 'de',
    });
    expect((await get('bytes=3-')).statusCode).toBe(416);
  });

  it('takes an upload as it comes, or refuses one whose checksum is another', async () => {
    const path = '/upload/storage/v1/b/vendor/o';
    await call('POST', `${path}?uploadType=media&name=plain`, 'x');
    expect(buckets.find('vendor', 'plain')?.content.bytes?.toString()).toBe('x');

    const multipart = (metadata: string) =>
      request(`${buckets.origin}${path}?uploadType=multipart`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/related; boundary="b"' },
        body: `--b\r\n\r\n${metadata}\r\n--b\r\ncontent-type: x/y\r\n\r\nx\r\n--b--`,
      });
    expect((await multipart('{"name":"two","crc32c":"AAAAAA=="}')).statusCode).toBe(400);
    expect((await multipart('nonsense')).statusCode).toBe(400);
    expect((await multipart('{"name":"two"}')).statusCode).toBe(200);
    expect(buckets.find('vendor', 'two')?.description.contentType).toBe('x/y');

    const { headers } = await call('POST', `${path}?uploadType=resumable&name=three`);
    const location = String(headers['location']);
    const put = (range: string) =>
      request(location, { method: 'PUT', headers: { 'content-range': range }, body: 'xyz' });
    expect((await put('bytes 5-7/9')).statusCode).toBe(400);
    expect((await put('bytes 0-2/9')).headers['range']).toBe('bytes=0-2');
    expect((await put('bytes 3-5/6')).statusCode).toBe(200);
    expect(buckets.find('vendor', 'three')?.content.size).toBe(6);
  });

  it.each([
    ['ifSourceGenerationMatch=1', 412],
    ['ifSourceMetagenerationNotMatch=1', 412],
    ['sourceGeneration=1', 404],
    ['ifGenerationMatch=1', 412],
    ['ifGenerationNotMatch=0', 412],
    ['ifGenerationMatch=x', 400],
    ['maxBytesRewrittenPerCall=5', 400],
    ['rewriteToken=unknown', 410],
    ['maxBytesRewrittenPerCall=1048576', 200],
    ['ifGenerationMatch=0&ifSourceMetagenerationMatch=1', 200],
  ])('answers a rewrite with %s: %i', async (query, status) => {
    buckets.put('vendor', 'a/b', 'x');
    const path = '/storage/v1/b/vendor/o/a%2Fb/rewriteTo/b/acme/o/c%2Fd';
    expect((await call('POST', `${path}?${query}`)).status).toBe(status);
    expect(buckets.find('acme', 'c/d') === undefined).toBe(status !== 200);
    buckets.remove('acme', 'c/d');
  });

  it('goes on with a token from where it was given, if the rewrite is the same', async () => {
    buckets.put('vendor', 'huge', { size: 3 * 1024 * 1024, crc32c: 'AAAAAA==' });
    const path = '/storage/v1/b/vendor/o/huge/rewriteTo/b/acme/o/huge';
    const first = await call('POST', path);
    const { rewriteToken } = first.json as { rewriteToken: string };
    const again = `${path}?rewriteToken=${rewriteToken}`;
    expect(first.json).toMatchObject({ done: false, totalBytesRewritten: '1048576' });
    expect((await call('POST', again)).json).toMatchObject({ totalBytesRewritten: '2097152' });
    expect((await call('POST', again)).json).toMatchObject({ totalBytesRewritten: '2097152' });
    expect((await call('POST', again, '{"contentType":"x/y"}')).status).toBe(400);
    buckets.expireRewrites();
    expect((await call('POST', again)).status).toBe(410);
    expect((await call('GET', '/storage/v1/b/vendor/o/huge?alt=media')).status).toBe(500);
  });

  it('answers as a fault says', async () => {
    buckets.faults.add({ on: 'getObject', answer: apiAnswer(503, 'backendError', 'later') });
    const path = '/storage/v1/b/vendor/o/x';
    expect(await call('GET', path)).toMatchObject({
      status: 503,
      json: { error: { errors: [{ reason: 'backendError' }] } },
    });
  });
});
