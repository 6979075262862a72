import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { failureOf } from '../../test/support/open-repository';
import { createBlobStream, type BlobPart, type BlobSource } from './blob-stream';
import { digestOf } from './digest';
import { DigestMismatchError } from './http/errors';

const KIB = 1024;
const content = Buffer.from('a blob');
const descriptorOf = (bytes: Buffer) => ({
  mediaType: 'x',
  digest: digestOf(bytes),
  size: bytes.length,
});
const descriptor = descriptorOf(content);

/** Whole, or as much as comes before the connection breaks or ends. */
const bodyOf = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));
const brokenOff = (cause: Error, ...pieces: string[]) =>
  Readable.from(
    (async function* () {
      for (const piece of pieces) yield Buffer.from(piece);
      await Promise.reject(cause);
    })(),
  );

/** A source that sends one part after another, and records its calls. */
function stage(first: Readable, parts: (BlobPart | Error)[] = [], of = descriptor) {
  const resumed: [number, string][] = [];
  const counts: number[] = [];
  const source: BlobSource = {
    what: 'GET https://registry.example/v2/a/b/blobs/x',
    count: (bytes) => void counts.push(bytes),
    resume(received, cause) {
      resumed.push([received, cause.message]);
      const part = parts.shift() ?? new Error('there is no more');
      return part instanceof Error ? Promise.reject(part) : Promise.resolve(part);
    },
  };
  const stream = createBlobStream(of, { body: first, skip: 0 }, source);
  return { counts, resumed, stream };
}

describe('a blob', () => {
  it.each([
    ['in one piece', ['a blob'], [6]],
    ['in several', ['a', ' bl', 'ob'], [1, 3, 2]],
  ])('is given on %s, and counted', async (_how, pieces, counted) => {
    const { counts, resumed, stream } = stage(bodyOf(...pieces));
    expect((await buffer(stream)).toString()).toBe('a blob');
    expect([counts, resumed]).toEqual([counted, []]);
  });

  it('may be empty', async () => {
    const { stream } = stage(bodyOf(), [], descriptorOf(Buffer.alloc(0)));
    expect(await buffer(stream)).toHaveLength(0);
  });

  it('may have another digest than sha256', async () => {
    const of = { ...descriptor, digest: digestOf(content, 'sha512') };
    expect(await buffer(stage(bodyOf('a blob'), [], of).stream)).toEqual(content);
  });

  it('is not whole before its digest is known', async () => {
    const body = new PassThrough();
    const { stream } = stage(body);
    const given: string[] = [];
    stream.on('data', (chunk: Buffer) => given.push(chunk.toString()));
    body.write('a ');
    await setImmediate();
    expect(given).toStrictEqual([]);
    body.write('blob');
    await setImmediate();
    expect(given).toEqual(['a ']);
    body.end();
    await setImmediate();
    expect(given).toEqual(['a ', 'blob']);
  });

  it.each([
    ['of other bytes', 'a bulb', descriptor.digest, digestOf(Buffer.from('a bulb'))],
    ['of more bytes', 'a blob!', '6 bytes', 'more'],
  ])('%s is none', async (_what, bytes, expected, actual) => {
    const { resumed, stream } = stage(bodyOf(bytes));
    const given: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => given.push(chunk));
    const error = await new Promise((resolve) => stream.on('error', resolve));
    expect(error).toEqual(
      new DigestMismatchError('GET https://registry.example/v2/a/b/blobs/x', expected, actual),
    );
    expect([given, resumed]).toEqual([[], []]);
  });

  it('that becomes too long is not read on', async () => {
    const body = new PassThrough();
    const { stream } = stage(body);
    const failure = new Promise((resolve) => stream.on('error', resolve));
    stream.resume();
    body.write('a blob');
    body.write('!');
    expect(await failure).toMatchObject({ actual: 'more' });
    expect(body.destroyed).toBe(true);
  });
});

describe('a blob that breaks off', () => {
  const lost = new Error('other side closed');
  it.each<[string, () => Readable, string]>([
    ['an answer that ended', () => bodyOf('a ', 'b'), 'the answer ended early'],
    ['an answer that failed', () => brokenOff(lost, 'a ', 'b'), 'other side closed'],
    [
      'a connection that was closed',
      () => {
        const body = new PassThrough();
        body.write('a b');
        body.once('data', () => body.destroy());
        return body;
      },
      'the connection was closed',
    ],
  ])('goes on where %s had come to, once', async (_what, bodyBefore, cause) => {
    const { counts, resumed, stream } = stage(bodyBefore(), [{ body: bodyOf('lob'), skip: 0 }]);
    expect((await buffer(stream)).toString()).toBe('a blob');
    expect(resumed).toEqual([[3, cause]]);
    expect(counts.reduce((sum, bytes) => sum + bytes, 0)).toBe(6);
  });

  it.each([
    ['in one piece', ['a blob']],
    ['in pieces', ['a', ' ', 'bl', 'ob']],
    ['in pieces of which one is known by half', ['a blo', 'b']],
  ])('goes on with the whole, whose beginning is passed over %s', async (_how, pieces) => {
    const { counts, stream } = stage(bodyOf('a b'), [{ body: bodyOf(...pieces), skip: 3 }]);
    expect((await buffer(stream)).toString()).toBe('a blob');
    expect(counts.reduce((sum, bytes) => sum + bytes, 0)).toBe(9);
  });

  it('goes on as often as its source does', async () => {
    const { resumed, stream } = stage(bodyOf('a'), [
      { body: brokenOff(lost, ' '), skip: 0 },
      { body: bodyOf('a b'), skip: 2 },
      { body: bodyOf('lob'), skip: 0 },
    ]);
    expect((await buffer(stream)).toString()).toBe('a blob');
    expect(resumed.map(([received]) => received)).toEqual([1, 2, 3]);
  });

  it('ends as its source does', async () => {
    const { resumed, stream } = stage(bodyOf('a b'), [lost]);
    expect(await failureOf(buffer(stream))).toBe(lost);
    expect(resumed).toHaveLength(1);
  });

  it('is whole when only its end is lost', async () => {
    const { resumed, stream } = stage(brokenOff(lost, 'a blob'));
    expect((await buffer(stream)).toString()).toBe('a blob');
    expect(resumed).toStrictEqual([]);
  });
});

describe('a blob without a reader', () => {
  const large = Buffer.alloc(400 * KIB, 'x');
  const pieces = (from = 0) =>
    Readable.from(
      Array.from({ length: 25 - from }, () => large.subarray(0, 16 * KIB)),
      { objectMode: false, highWaterMark: 16 * KIB },
    );

  it('is not read either, and goes on with its reader', async () => {
    const { counts, stream } = stage(pieces(), [], descriptorOf(large));
    for (let times = 0; times < 50; times += 1) await setImmediate();
    // As much as is kept, and the piece that is held back.
    expect(stream.readableLength).toBe(128 * KIB);
    expect(counts).toHaveLength(9);
    expect((await buffer(stream)).equals(large)).toBe(true);
  });

  it('is not read after a break either', async () => {
    const first = Readable.from([large.subarray(0, 128 * KIB), large.subarray(0, 16 * KIB)]);
    const { counts, stream } = stage(first, [{ body: pieces(9), skip: 0 }], descriptorOf(large));
    for (let times = 0; times < 50; times += 1) await setImmediate();
    expect(counts).toHaveLength(2);
    expect((await buffer(stream)).equals(large)).toBe(true);
  });

  it('takes its connection along when it is given up', async () => {
    const body = new PassThrough();
    const { resumed, stream } = stage(body);
    body.write('a ');
    stream.destroy();
    await setImmediate();
    expect([body.destroyed, resumed]).toEqual([true, []]);
  });

  it('is closed only when a request that was to go on with it has ended', async () => {
    const broken = new Readable({ read: () => undefined });
    let resume: (part: BlobPart) => void = () => undefined;
    const resumed = new Promise<BlobPart>((resolve) => (resume = resolve));
    const events: string[] = [];
    const stream = createBlobStream(
      descriptor,
      { body: broken, skip: 0 },
      { what: 'GET', count: () => undefined, resume: () => resumed },
    );
    stream.on('error', () => events.push('error')).on('close', () => events.push('close'));
    broken.destroy(new Error('the connection is gone'));
    await setImmediate();
    stream.destroy(new Error('nobody wants it any more'));
    await setImmediate();
    expect(events).toStrictEqual([]);

    const late = Readable.from([content]);
    resume({ body: late, skip: 0 });
    await setImmediate();
    expect(events).toEqual(['error', 'close']);
    expect(late.destroyed).toBe(true);
  });
});
