import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { failureOf } from '../../test/support/open-repository';
import { systemClock } from '../system/clock';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { createScriptedSend, type ArrivingAnswer } from '../../test/support/scripted-send';
import { createScriptedServer } from '../../test/support/scripted-server';
import { useTestRegistry } from '../../test/support/use-test-registry';
import type { Descriptor } from './descriptor';
import { digestOf } from './digest';
import {
  AddressRefusedError,
  DigestMismatchError,
  NetworkError,
  RegistryError,
} from './http/errors';

const MIB = 1024 * 1024;
const content = randomBytes(5 * MIB + 123);
const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(content),
  size: content.length,
};

let registry: TestRegistry;
const { open } = useTestRegistry(async (made) => {
  registry = made;
  ({ faults } = registry);
  await registry.pushBlob('a/b', content);
});
const ranges = () => registry.requests.of('getBlob').map(({ range }) => range);
let faults: TestRegistry['faults'];

/** Answers everything with these bytes, without saying how many they are. */
async function chunked(bytes: Uint8Array) {
  return createScriptedServer(
    () => ({}),
    (_request, response) => response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(bytes),
  );
}

/** A body that says nothing for now. */
const unending = () => new Readable({ read: () => undefined });

async function readAll(stream: Readable): Promise<Buffer> {
  return buffer(stream);
}

describe('a whole blob', () => {
  it('arrives byte for byte, with one request', async () => {
    const { repository, traffic } = open();
    expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
    expect(ranges()).toStrictEqual([undefined]);
    expect(traffic).toMatchObject({ requests: 1, bytesRead: content.length, bytesWritten: 0 });
  });

  it('is counted while it arrives', async () => {
    let seen = 0;
    const { repository } = open({ onBlobBytes: (bytes) => (seen += bytes) });
    await readAll(await repository.getBlob(blob));
    expect(seen).toBe(blob.size);
  });

  it('may be empty', async () => {
    const digest = await registry.pushBlob('a/b', '');
    const { repository } = open();
    const stream = await repository.getBlob({ mediaType: 'x', digest, size: 0 });
    expect(await readAll(stream)).toHaveLength(0);
  });

  it('may be named by sha512', async () => {
    const digest = digestOf(content, 'sha512');
    const { repository } = open();
    const upload = await repository.mountOrStartUpload(digest);
    if (upload === 'present') throw new Error('nothing is there yet');
    await upload.write({ ...blob, digest }, content);
    const read = await readAll(await repository.getBlob({ ...blob, digest }));
    expect(read.equals(content)).toBe(true);
  });

  it('waits for a slow reader without keeping more than a little of it', async () => {
    const { repository, traffic } = open();
    const chunks: Buffer[] = [];
    let given = 0;
    let mostKept = 0;
    for await (const chunk of await repository.getBlob(blob)) {
      chunks.push(chunk as Buffer);
      given += (chunk as Buffer).length;
      // Turns in which a transport that does not wait would read on.
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      mostKept = Math.max(mostKept, traffic.bytesRead - given);
    }
    expect(mostKept).toBeLessThan(MIB);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  it('lets its reader go at any time', async () => {
    const { repository } = open();
    const stream = await repository.getBlob(blob);
    stream.destroy();
    expect(stream.destroyed).toBe(true);
    expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
  });
});

describe('a blob that is not what it should be', () => {
  it('fails before its last bytes are given', async () => {
    faults.add({ on: 'getBlob', corruptAt: 10 });
    const { repository } = open();
    const stream = await repository.getBlob(blob);
    let given = 0;
    stream.on('data', (chunk: Buffer) => (given += chunk.length));
    const error = await new Promise((resolve) => stream.on('error', resolve));
    expect(error).toBeInstanceOf(DigestMismatchError);
    expect(error).toMatchObject({
      expected: blob.digest,
      message: expect.stringContaining(`GET http://${registry.address}/v2/a/b/blobs/`) as string,
    });
    expect(given).toBeLessThan(blob.size);
  });

  it.each([
    ['shorter', blob.size - 1],
    ['longer', blob.size + 1],
  ])('is refused before it is read when its length is %s', async (_what, bodyLength) => {
    faults.add({ on: 'getBlob', bodyLength });
    const { repository } = open();
    expect(await failureOf(repository.getBlob(blob))).toMatchObject({
      name: 'DigestMismatchError',
      expected: `${blob.size} bytes`,
      actual: `${bodyLength} bytes`,
    });
  });

  it('is let go when its length is wrong', async () => {
    const body = unending();
    const headers = { 'content-length': '7' };
    const { send } = createScriptedSend(() => ({ headers, body }));
    expect(await failureOf(open({ send }).repository.getBlob(blob))).toEqual(
      new DigestMismatchError(
        `GET http://${registry.address}/v2/a/b/blobs/${blob.digest}`,
        `${blob.size} bytes`,
        '7 bytes',
      ),
    );
    expect(body.destroyed).toBe(true);
  });

  it('is refused when it goes on for too long without saying how long', async () => {
    const server = await chunked(Buffer.concat([content, Buffer.from('!')]));
    const { repository } = open({}, server);
    await expect(readAll(await repository.getBlob(blob))).rejects.toThrow(
      `expected ${blob.size} bytes, got more`,
    );
    await server.close();
  });

  it('is refused when it ends too early each time', async () => {
    const server = await chunked(content.subarray(0, 100));
    const { repository } = open({}, server);
    const error = await failureOf(readAll(await repository.getBlob(blob)));
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toContain(`broke off after 100 of ${blob.size} bytes`);
    await server.close();
  });
});

describe('a source that breaks off', () => {
  it('is asked for the rest, and no more', async () => {
    faults.add({ on: 'getBlob', cutAfter: 3 * MIB });
    const { repository, sleeps, traffic } = open();
    expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
    const [, range] = ranges();
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(3 * MIB);
    expect(sleeps).toStrictEqual([]);
    expect(traffic.bytesRead).toBe(blob.size);
  });

  it('may break again as long as it gets on', async () => {
    faults.add({ on: 'getBlob', cutAfter: 2 * MIB, times: 2 });
    const { repository, sleeps } = open();
    expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
    const rest = expect.stringMatching(/^bytes=/) as string;
    expect(ranges()).toEqual([undefined, rest, rest]);
    expect(sleeps).toEqual([750]);
  });

  it('is given up when it does not get on', async () => {
    faults.add({ on: 'getBlob', cutAfter: 1000, times: 9 });
    const { repository } = open();
    const error = await failureOf(readAll(await repository.getBlob(blob)));
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toContain('broke off after');
    expect(ranges()).toHaveLength(2);
  });

  it.each([
    ['goes on', 'a mebibyte', MIB, 0, true],
    ['is given up', 'a byte less', MIB - 1, 0, false],
    ['goes on', 'a byte in a minute', 1, 60_000, true],
    ['is given up', 'a byte in less than a minute', 1, 59_999, false],
  ])('%s when it broke again after %s', async (_what, _after, bytes, milliseconds, goesOn) => {
    let time = 1_000_000;
    const given = [1000, bytes, blob.size];
    const server = await createScriptedServer(
      () => ({}),
      ({ headers }, response) => {
        const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
        const range = { 'content-range': `bytes ${from}-${blob.size - 1}/${blob.size}` };
        if (from > 0) time += milliseconds;
        // Without a length, so that it ends as if it were complete.
        response.writeHead(from > 0 ? 206 : 200, { ...range, 'transfer-encoding': 'chunked' });
        response.end(content.subarray(from, from + (given.shift() ?? 0)));
      },
    );
    const clock = { ...systemClock, monotonic: () => time, sleep: () => Promise.resolve() };
    const { repository } = open({ clock }, server);
    const read = readAll(await repository.getBlob(blob)).then(
      (all) => all.equals(content),
      (error: unknown) => (error instanceof NetworkError ? error.message : error),
    );
    const found = await read;
    await server.close();
    const reported = `the blob broke off after ${1000 + bytes} of ${blob.size} bytes`;
    expect(found).toEqual(goesOn || (expect.stringContaining(reported) as string));
  });

  it('is read from the start again when it answers a range with the whole', async () => {
    faults.add({ on: 'getBlob', cutAfter: 3 * MIB });
    faults.add({ on: 'getBlob', requestHeaders: { range: null } });
    const { repository, traffic } = open();
    expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
    expect(ranges()).toHaveLength(2);
    expect(traffic.bytesRead).toBeGreaterThan(blob.size);
  });

  it.each([
    ['another part', { headers: { 'content-range': `bytes 1-${blob.size - 1}/${blob.size}` } }],
    ['no part', { headers: { 'content-range': null } }],
    ['that there is no such part', { answer: { status: 416 } }],
  ])(
    'is read from the start again, now and later, when it answers a range with %s',
    async (_what, effect) => {
      faults.add({ on: 'getBlob', cutAfter: 2 * MIB });
      faults.add({ on: 'getBlob', ...effect });
      faults.add({ on: 'getBlob', cutAfter: 4 * MIB });
      const { repository } = open();
      expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
      expect(ranges()).toStrictEqual([
        undefined,
        expect.stringMatching(/^bytes=/),
        undefined,
        undefined,
      ]);
    },
  );

  it('is complete when only its end was not seen', async () => {
    const small = Buffer.from('all of it');
    const server = await createScriptedServer(
      () => ({}),
      (_request, response) => {
        response.writeHead(200, { 'transfer-encoding': 'chunked' });
        response.write(small, () => response.destroy());
      },
    );
    const { repository } = open({}, server);
    const stream = await repository.getBlob({
      mediaType: 'x',
      digest: digestOf(small),
      size: small.length,
    });
    expect(await readAll(stream)).toEqual(small);
    await server.close();
  });

  it('is left alone after its reader has left', async () => {
    const late = unending();
    const turns = new EventEmitter();
    const { requests, send } = createScriptedSend(async ({ headers }) => {
      if (headers['range'] === undefined) return { body: content.subarray(0, MIB) };
      turns.emit('asked');
      await once(turns, 'given up');
      const range = `bytes ${MIB}-${blob.size - 1}/${blob.size}`;
      return { status: 206, headers: { 'content-range': range }, body: late };
    });
    const stream = await open({ send }).repository.getBlob(blob);
    stream.resume();
    await once(turns, 'asked');
    stream.destroy();
    turns.emit('given up');
    await once(stream, 'close');
    expect(late.destroyed).toBe(true);
    expect(requests).toHaveLength(2);
  });
});

describe('the rest of a blob', () => {
  const digits = Buffer.from('0123456789');
  const of: Descriptor = { mediaType: 'x', digest: digestOf(digits), size: 10 };

  /** Breaks off after four bytes, then sends a scripted response, then the whole blob. */
  async function readBroken(reported: ArrivingAnswer) {
    const script: ArrivingAnswer[] = [{ body: '0123' }, reported];
    const { answers, requests, send } = createScriptedSend(
      () => script.shift() ?? { body: digits },
    );
    const stream = await open({ send }).repository.getBlob(of);
    return {
      text: (await readAll(stream)).toString(),
      ranges: requests.map(({ headers }) => headers['range']),
      body: answers[1]?.body,
    };
  }

  it.each(['bytes 4-9/10', 'bytes 4-9/*'])('has the expected %s', async (range) => {
    const rest = { status: 206, headers: { 'content-range': range }, body: '456789' };
    const { ranges, text } = await readBroken(rest);
    expect({ ranges, text }).toEqual({ ranges: [undefined, 'bytes=4-'], text: '0123456789' });
  });

  it.each([
    ['another beginning', 206, 'bytes 3-9/10'],
    ['another end', 206, 'bytes 4-8/10'],
    ['another whole', 206, 'bytes 4-9/11'],
    ['more before it', 206, 'other bytes 4-9/10'],
    ['more after it', 206, 'bytes 4-9/10, 11-12/13'],
    ['an answer that has none', 416, 'bytes 4-9/10'],
  ])('is rejected if it differs from the expected %s', async (_what, status, range) => {
    const wrong = { status, headers: { 'content-range': range }, body: '456789' };
    const { body, ranges, text } = await readBroken(wrong);
    expect({ ranges, text }).toStrictEqual({
      ranges: [undefined, 'bytes=4-', undefined],
      text: '0123456789',
    });
    // A short one is read, so that its connection can be used again.
    expect(body).toMatchObject({ destroyed: true, readableEnded: status === 416 });
  });

  it('is the whole, as long as nothing has come', async () => {
    const rest = { status: 206, headers: { 'content-range': 'bytes 4-9/10' }, body: '456789' };
    let minutes = 0;
    const clock = { ...createJumpingClock(), monotonic: () => (minutes += 1) * 60_000 };
    const script = [{ body: '' }, { body: '0123' }, rest];
    const { requests, send } = createScriptedSend(() => script.shift() ?? { status: 404 });
    const { repository } = open({ clock, send });
    expect((await readAll(await repository.getBlob(of))).toString()).toBe('0123456789');
    expect(requests.map(({ headers }) => headers['range'])).toEqual([
      undefined,
      undefined,
      'bytes=4-',
    ]);
  });

  it('may take its time, as the blob may', async () => {
    const { requests, send } = createScriptedSend(({ headers }) =>
      headers['range'] === undefined ? { body: '0123' } : { status: 416 },
    );
    const { repository } = open({ send, timeouts: { blobAnswer: 12, blobIdle: 34 } });
    await failureOf(readAll(await repository.getBlob(of)));
    expect(requests).toHaveLength(3);
    for (const request of requests) {
      expect(request).toMatchObject({ answerTimeoutMs: 12, idleTimeoutMs: 34 });
    }
  });

  it('fails with the request, its progress and the cause', async () => {
    const { send } = createScriptedSend(() => ({ body: '' }));
    const { repository } = open({ send });
    const error = await failureOf(readAll(await repository.getBlob(of)));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({
      method: 'GET',
      url: `http://${registry.address}/v2/a/b/blobs/${of.digest}`,
      cause: {
        message: 'the blob broke off after 0 of 10 bytes: the answer ended early',
        cause: new Error('the answer ended early'),
      },
    });
  });
});

describe('a redirected blob', () => {
  it.each(['relative', 'absolute'] as const)(
    'is followed to a %s Location with credentials',
    async (redirect) => {
      faults.add({ on: 'getBlob', redirect });
      const { repository, traffic } = open();
      expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
      expect(traffic.requests).toBe(2);
      expect(registry.requests.connections()).toBe(1);
    },
  );

  it('is followed to another origin, and the registry is asked again after a break', async () => {
    const elsewhere = (await registry.openOrigin()) as `http${string}`;
    faults.add({ on: 'getBlob', redirect: elsewhere, times: 2 });
    faults.add({ on: 'downloadBlob', cutAfter: 2 * MIB });
    const { repository } = open({ plainHttpHosts: ['127.0.0.1', new URL(elsewhere).host] });
    expect((await readAll(await repository.getBlob(blob))).equals(content)).toBe(true);
    expect(registry.requests.counts()).toEqual({ getBlob: 2, downloadBlob: 2 });
    const [, second] = registry.requests.of('downloadBlob');
    expect(second?.range).toMatch(/^bytes=/);
  });

  it('is given up after five hops', async () => {
    const server = await createScriptedServer(({ path }) => ({
      status: 307,
      headers: { location: `${path}x` },
    }));
    const { repository } = open({}, server);
    const error = await failureOf(repository.getBlob(blob));
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ status: 307 });
    expect(server.requests).toHaveLength(6);
    await server.close();
  });

  it.each([
    'http://169.254.169.254/computeMetadata/v1/',
    'http://u:p@127.0.0.1/',
    'ftp://127.0.0.1/',
  ])('is not followed to %s', async (location) => {
    const server = await createScriptedServer(() => ({ status: 302, headers: { location } }));
    const { repository } = open({}, server);
    expect(await failureOf(repository.getBlob(blob))).toBeInstanceOf(AddressRefusedError);
    expect(server.requests).toHaveLength(1);
    await server.close();
  });

  it('is not followed without a Location', async () => {
    faults.add({ on: 'getBlob', answer: { status: 302 } });
    const { repository } = open();
    expect(await failureOf(repository.getBlob(blob))).toMatchObject({ status: 302 });
  });
});

describe('the question whether a blob is there', () => {
  it('is answered by one HEAD', async () => {
    const { repository } = open();
    expect(await repository.hasBlob(blob.digest)).toBe(true);
    expect(await repository.hasBlob(digestOf(Buffer.from('none')))).toBe(false);
    expect(registry.requests.counts()).toEqual({ headBlob: 2 });
  });

  it.each([
    ['405', 405, { status: 206, body: 'x' }, true],
    ['501', 501, { status: 206, body: 'x' }, true],
    ['501 by a source without ranges', 501, { body: 'all of it' }, true],
    ['501 of a blob without a byte', 501, { status: 416 }, true],
    ['501 of nothing', 501, { status: 404 }, false],
  ])(
    'is asked by a GET of one byte where HEAD is answered %s',
    async (_what, status, answer, is) => {
      const server = await createScriptedServer(({ method }) =>
        method === 'HEAD' ? { status } : answer,
      );
      const { repository } = open({}, server);
      const found = await repository.hasBlob(blob.digest);
      await server.close();
      expect(found).toBe(is);
      expect(server.requests.map(({ method, headers }) => [method, headers.range])).toEqual([
        ['HEAD', undefined],
        ['GET', 'bytes=0-0'],
      ]);
    },
  );

  it.each([
    ['does not read a whole blob', 200, unending(), false],
    ['reads a byte, so that its connection can be used again', 206, Readable.from(['x']), true],
  ])('%s', async (_what, status, body, isRead) => {
    const { send } = createScriptedSend(({ method }) =>
      method === 'HEAD' ? { status: 405 } : { status, body },
    );
    expect(await open({ send }).repository.hasBlob(blob.digest)).toBe(true);
    expect(body).toMatchObject({ destroyed: true, readableEnded: isRead });
  });

  it('is not answered by a web page', async () => {
    const server = await createScriptedServer(() => ({
      headers: { 'content-type': 'text/html' },
      body: '<html></html>',
    }));
    const { repository } = open({}, server);
    await expect(repository.hasBlob(blob.digest)).rejects.toThrow('this is no registry');
    await server.close();
  });
});
