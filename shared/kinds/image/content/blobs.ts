import { addAbortSignal, pipeline, Transform, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CopyError, failureBehind } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import { DigestMismatchError, NetworkError, RegistryError } from '../../../oci/http/errors';
import { isTooLarge, isTransientFailure } from '../../../oci/http/retries';
import { referenceTo } from '../../../oci/reference';
import type { Upload } from '../../../oci/repository';
import { isSmall, type Copying } from '../copy-context';
import { embeddedContent } from '../manifests';

/** How often one blob is begun. */
const ATTEMPTS = 3;
const PAUSE_MS = 300;
/** What a registry says of bytes that were changed on the way. */
const CORRUPT = ['DIGEST_INVALID', 'SIZE_INVALID'];
/** Up to here the rest of an unwanted answer is read: cheaper than a new connection. */
const WORTH_DRAINING_BYTES = 256 * 1024;

export interface BlobOptions {
  /** The target seems to lack it: it is read from the source before the target has answered. */
  readonly isNew: boolean;
  /** False: it is sent without asking whether the target has it. */
  readonly isTrusted: boolean;
}

/**
 * Copies a blob to the target: one POST that mounts it, finds it there or opens an upload, then its bytes, streamed. In
 * one process a blob goes to a repository once, however many copies want it.
 */
export async function copyBlob(
  copying: Copying,
  blob: Descriptor,
  options: BlobOptions,
): Promise<void> {
  const { caches, signal, tally, target } = copying;
  tally.expect(blob.size);
  const key = `${target.registry}/${target.repository}@${blob.digest}`;
  const own = await caches.uploads.run(key, signal, () => restarting(copying, blob, options));
  if (!own) tally.finish(blob.size);
}

/** Restarts a broken transfer from the POST, whose answer also shows whether an upload was committed after all. */
async function restarting(copying: Copying, blob: Descriptor, options: BlobOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await transfer(copying, blob, options);
      return;
    } catch (error) {
      const again =
        attempt < ATTEMPTS && copying.retryBudget.remaining > 0 && isWorthRestart(error);
      if (!again || copying.signal.aborted) throw error;
      copying.retryBudget.remaining--;
      const pause = PAUSE_MS * attempt ** 2 * (0.5 + copying.random());
      await copying.clock.sleep(pause, copying.signal);
    }
  }
}

/** A request that was retried already is not begun again on top of that. */
function isWorthRestart(error: unknown): boolean {
  const cause = failureBehind(error);
  if (cause instanceof DigestMismatchError) return true;
  if (isTooLarge(cause)) return false;
  if (cause instanceof RegistryError && cause.codes.some((code) => CORRUPT.includes(code))) {
    return true;
  }
  const isTried =
    (cause instanceof RegistryError || cause instanceof NetworkError) && cause.attempts > 1;
  return isTransientFailure(cause) && !isTried;
}

async function transfer(
  copying: Copying,
  blob: Descriptor,
  { isNew, isTrusted }: BlobOptions,
): Promise<void> {
  const { signal, slots, source, tally } = copying;
  const embedded = embeddedContent(blob);
  const isLarge = !isSmall(blob);
  const asked = await (isLarge ? slots.asking : slots.small).take(blob.size);
  const isLikelyMissing = isNew && !embedded;
  let turn = isLarge && isLikelyMissing ? slots.large.tryTake() : undefined;
  let reading: Promise<Readable> | undefined;
  try {
    signal.throwIfAborted();
    // Saves a round trip for what is likely missing; a large blob must not be requested needlessly too often.
    if (isLikelyMissing && (turn || !isLarge)) reading = guarded(source.getBlob(blob));
    const upload = await open(copying, blob, isTrusted);
    if (!upload) {
      tally.finish(blob.size);
      await drop(copying, blob, reading);
      return;
    }
    if (isLarge) {
      turn ??= await slots.large.take(blob.size);
      asked();
    }
    await send(copying, blob, upload, () => {
      if (embedded) return embedded;
      return (reading ??= guarded(source.getBlob(blob)));
    });
  } catch (error) {
    await drop(copying, blob, reading);
    throw error;
  } finally {
    turn?.();
    asked();
  }
}

/** Until the blob is sent nothing listens to its stream, and an unhandled error, such as an abort, would end the process. */
function guarded(reading: Promise<Readable>): Promise<Readable> {
  reading.then(
    (content) => content.on('error', () => undefined),
    () => undefined,
  );
  return reading;
}

async function open(
  copying: Copying,
  blob: Descriptor,
  isTrusted: boolean,
): Promise<Upload | undefined> {
  const { caches, options, source, target } = copying;
  if (!isTrusted) return target.startUpload(blob.digest);
  const transfer = { source, target, scope: options.mountScope, digest: blob.digest };
  const opened = await target.mountOrStartUpload(blob.digest, caches.mountSources.find(transfer));
  if (opened !== 'present') return opened;
  caches.mountSources.add(transfer);
  return undefined;
}

async function send(
  copying: Copying,
  blob: Descriptor,
  upload: Upload,
  read: () => Uint8Array | Readable | Promise<Readable>,
): Promise<void> {
  const { clock, signal, source, target, tally } = copying;
  const begun = clock.monotonic();
  let counted = 0;
  const count = (bytes: number): void => {
    counted += bytes;
    tally.finish(bytes);
  };
  try {
    signal.throwIfAborted();
    const content = await read();
    if (content instanceof Uint8Array) {
      await upload.write(blob, content);
    } else {
      failIfBroken(content, blob, copying);
      addAbortSignal(signal, content);
      await upload.write(blob, tally.watched ? watch(content, count) : content);
    }
  } catch (error) {
    tally.finish(-counted);
    if (signal.aborted) tally.breakOff(blob, begun);
    await upload.cancel();
    throw error;
  }
  tally.finish(blob.size - counted);
  tally.uploadedBlobs++;
  const scope = copying.options.mountScope;
  copying.caches.mountSources.add({ source, target, scope, digest: blob.digest });
}

function failIfBroken(content: Readable, descriptor: Descriptor, { source }: Copying): void {
  if (!content.errored) return;
  const reference = referenceTo(source, descriptor.digest);
  throw new CopyError(
    { operation: 'read the blob', side: 'source', reference, descriptor },
    content.errored,
  );
}

function watch(content: Readable, count: (bytes: number) => void): Readable {
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      count(chunk.length);
      done(null, chunk);
    },
  });
  return pipeline(content, counter, () => undefined);
}

/**
 * Gives up content that is not needed, without giving up its connection where the rest is short. Ends when nothing of it
 * comes any more.
 */
async function drop(
  { signal }: Copying,
  blob: Descriptor,
  reading: Promise<Readable> | undefined,
): Promise<void> {
  const content = await reading?.catch(() => undefined);
  if (content === undefined) return;
  if (blob.size <= WORTH_DRAINING_BYTES && !signal.aborted) content.resume();
  else content.destroy();
  await finished(content).catch(() => undefined);
}
