import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Descriptor } from './descriptor';
import { digestAlgorithm, finishDigest } from './digest';
import { DigestMismatchError } from './http/errors';

/** The bytes of a blob from some offset on, as a registry sends them. */
export interface BlobPart {
  readonly body: Readable;
  /** How many bytes to pass over first: a registry may answer a range with the whole. */
  readonly skip: number;
}

export interface BlobSource {
  /** Names content and origin in errors. */
  readonly what: string;
  /**
   * Continues after the connection has broken. Throws if a retry cannot help. A destroyed stream closes only after this
   * has settled, so that nothing is under way any more.
   */
  resume(received: number, cause: Error): Promise<BlobPart>;
  /** Called with every received byte, also of skipped ones. */
  count(bytes: number): void;
}

/** Enough to keep the sockets of both sides busy. */
const BUFFER_BYTES = 128 * 1024;

/**
 * A stream of exactly `descriptor.size` bytes that ends well only if they have the digest. The last chunk is held back
 * until that is known, so that an upload of wrong bytes is never complete. After a break `source.resume` continues it.
 */
export function createBlobStream(
  { digest, size }: Descriptor,
  first: BlobPart,
  source: BlobSource,
): Readable {
  const algorithm = digestAlgorithm(digest);
  const hash = createHash(algorithm);
  let received = 0;
  let held: Buffer | undefined;
  let { body } = first;
  let resuming: Promise<unknown> = Promise.resolve();

  const stream = new Readable({
    highWaterMark: BUFFER_BYTES,
    read: () => body.resume(),
    destroy: (error, done) => {
      body.destroy();
      void resuming.finally(() => done(error));
    },
  });
  const fail = (error: unknown) => stream.destroy(error as Error);

  function accept(chunk: Buffer): void {
    received += chunk.length;
    if (received > size) {
      fail(new DigestMismatchError(source.what, `${size} bytes`, 'more'));
      return;
    }
    hash.update(chunk);
    if (held !== undefined && !stream.push(held)) body.pause();
    held = chunk;
  }

  function finish(): void {
    const actual = finishDigest(hash, algorithm);
    if (actual !== digest) {
      fail(new DigestMismatchError(source.what, digest, actual));
      return;
    }
    if (held !== undefined) stream.push(held);
    stream.push(null);
  }

  function follow(part: BlobPart): void {
    ({ body } = part);
    if (stream.destroyed) {
      body.destroy();
      return;
    }
    listen(part, {
      count: (bytes) => source.count(bytes),
      accept: (chunk) => stream.destroyed || accept(chunk),
      over(cause) {
        if (stream.destroyed) return;
        if (received === size) finish();
        else resuming = source.resume(received, cause).then(follow).catch(fail);
      },
    });
    if (stream.readableLength >= BUFFER_BYTES) body.pause();
  }

  follow(first);
  return stream;
}

interface Listener {
  count(bytes: number): void;
  accept(chunk: Buffer): void;
  /** Once, however it ends. */
  over(cause: Error): void;
}

function listen({ body, skip }: BlobPart, listener: Listener): void {
  let unwanted = skip;
  let isOver = false;
  const over = (cause: Error) => {
    if (isOver) return;
    isOver = true;
    listener.over(cause);
  };
  body.on('data', (chunk: Buffer) => {
    listener.count(chunk.length);
    const passed = Math.min(unwanted, chunk.length);
    unwanted -= passed;
    if (passed < chunk.length) listener.accept(chunk.subarray(passed));
  });
  body.on('end', () => over(new Error('the answer ended early')));
  body.on('error', over);
  body.on('close', () => over(new Error('the connection was closed')));
}
