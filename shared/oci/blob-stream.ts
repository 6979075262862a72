import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Descriptor } from './descriptor';
import { digestAlgorithm, finishDigest } from './digest';
import { DigestMismatchError } from './errors';

/** The bytes of a blob from some offset on, as a registry sends them. */
export interface BlobPart {
  readonly body: Readable;
  /** How many bytes to pass over first: a registry may answer a range with the whole. */
  readonly skip: number;
}

export interface BlobSource {
  /** Names content and origin in errors. */
  readonly what: string;
  /** Continues after the connection has broken. Throws when it is no use to try again. */
  resume(received: number, cause: Error): Promise<BlobPart>;
  count(bytes: number): void;
}

/**
 * A stream of exactly `descriptor.size` bytes that ends well only if they have the digest. The last chunk is held back
 * until that is known, so that an upload of wrong bytes is never complete. Breaks are mended by `source.resume`.
 */
export function createBlobStream(
  descriptor: Descriptor,
  first: BlobPart,
  source: BlobSource,
): Readable {
  const algorithm = digestAlgorithm(descriptor.digest);
  const hash = createHash(algorithm);
  let received = 0;
  let held: Buffer | undefined;
  let part = first;

  const stream = new Readable({
    highWaterMark: 256 * 1024,
    read: () => part.body.resume(),
    destroy: (error, done) => {
      part.body.destroy();
      done(error);
    },
  });

  function accept(chunk: Buffer): void {
    received += chunk.length;
    if (received > descriptor.size) {
      stream.destroy(mismatch(`${descriptor.size} bytes`, 'more'));
      return;
    }
    hash.update(chunk);
    if (held !== undefined && !stream.push(held)) part.body.pause();
    held = chunk;
  }

  function finish(): void {
    const actual = finishDigest(hash, algorithm);
    if (actual !== descriptor.digest) {
      stream.destroy(mismatch(descriptor.digest, actual));
      return;
    }
    if (held !== undefined) stream.push(held);
    stream.push(null);
  }

  function follow(next: BlobPart): void {
    part = next;
    let skip = next.skip;
    let isOver = false;
    const over = (cause: Error) => {
      if (isOver || stream.destroyed) return;
      isOver = true;
      if (received === descriptor.size) finish();
      else
        source
          .resume(received, cause)
          .then(follow, (error: unknown) => stream.destroy(error as Error));
    };
    next.body.on('data', (chunk: Buffer) => {
      source.count(chunk.length);
      const passed = Math.min(skip, chunk.length);
      skip -= passed;
      if (passed < chunk.length && !stream.destroyed) accept(chunk.subarray(passed));
    });
    next.body.on('end', () => over(new Error('the body ended early')));
    next.body.on('error', over);
    next.body.on('close', () => over(new Error('the connection was closed')));
    if (stream.readableLength >= stream.readableHighWaterMark) next.body.pause();
  }

  const mismatch = (expected: string, actual: string) =>
    new DigestMismatchError(source.what, expected, actual);
  follow(first);
  return stream;
}
