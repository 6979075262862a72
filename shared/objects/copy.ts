import { both } from '../copy/both';
import { MAX_ROUNDS } from '../copy/convergence';
import {
  CopyAbortedError,
  CopyError,
  SourceGoneError,
  SourceMovingError,
  UncopyableError,
} from '../copy/errors';
import type { ArtifactOutcome } from '../copy/outcome';
import { isTransientFailure } from '../oci/retryable';
import type { Bucket } from './bucket';
import { RewriteStoppedError } from './errors';
import { isAtLeast, releasedGeneration } from './record';
import { formatObjectReference } from './reference';
import type { CopyObjectRequest } from './request';
import { rewriteObject, type RewriteState } from './rewrite';
import { attemptsOf, onSide, statusOf } from './sides';
import type { StoredObject } from './stored-object';

/**
 * Copies one object from bucket to bucket, without a byte of it coming through here: what the source's name holds now, with
 * content type, cache control, content encoding, disposition and language, custom time and custom metadata.
 *
 * The target's copy carries its source's generation in its custom metadata, written in the same step as the content. So
 * each copy is a compare-and-swap: it lands only where the source still holds what was read, and the target still holds
 * something older. A generation has an event of its own, hence whatever the order, the last one stays, and an older one
 * never replaces it; no second look at the source is needed.
 *
 * Requests: 1 (objects.get at the target) for a job with a generation that is there already, or a newer one; 2 for a job
 * without one, and for `repair`, which compare with the source; 3 to copy (target, source, rewrite), and one more for each
 * further call that the rewrite takes. An end that moves in between (412) costs two looks and is decided again.
 *
 * The outcome's digest is `crc32c:<base64>`; its bytes, the size of what was written, went from bucket to bucket.
 *
 * Safe to repeat, and to run several times at once. What a target holds that was not released from this source is replaced,
 * unless it is equal. A change of metadata alone makes no generation and is not followed.
 *
 * @throws {CopyError} with the failed request; {SourceGoneError}, {SourceMovingError}; {UncopyableError}: repeating is no
 * use; {DigestMismatchError} when another CRC32C landed, which the next attempt copies again; {RewriteStoppedError} when
 * the deadline or a passing failure ended a rewrite that got somewhere; {CopyAbortedError} when `signal` ended another.
 */
export async function copyObject(request: CopyObjectRequest): Promise<ArtifactOutcome> {
  const started = performance.now();
  const copying = startCopying(request);
  const { destination, notes } = copying;
  try {
    const { object, wrote } = await request.writers.run(destination, request.signal, () =>
      release(copying),
    );
    return {
      outcome: wrote ? 'copied' : 'current',
      destination,
      digest: `crc32c:${object.crc32c ?? ''}`,
      bytes: wrote ? object.size : 0,
      requests: request.traffic.requests,
      seconds: (performance.now() - started) / 1000,
      notes: [...notes],
    };
  } catch (error) {
    throw asStopped(error, copying);
  }
}

interface Copying {
  readonly request: CopyObjectRequest;
  readonly source: Bucket;
  readonly target: Bucket;
  /** `gs://bucket/name` */
  readonly origin: string;
  readonly destination: string;
  readonly notes: Set<string>;
  readonly state: RewriteState;
  readonly onProgress: CopyObjectRequest['onProgress'];
}

function startCopying(request: CopyObjectRequest): Copying {
  const { source, target, name, destination, progress } = request;
  return {
    request,
    source: onSide(source, 'source'),
    target: onSide(target, 'target'),
    origin: formatObjectReference({ bucket: source.bucket, name }),
    destination: formatObjectReference({ bucket: target.bucket, name: destination }),
    notes: new Set(),
    state: { progress, calls: 0, bytes: 0 },
    onProgress: request.onProgress,
  };
}

interface Released {
  /** What the target holds. */
  readonly object: StoredObject;
  readonly wrote: boolean;
}

async function release(copying: Copying): Promise<Released> {
  const { request, target } = copying;
  const { destination, generation, repair } = request;
  const readTarget = (): Promise<StoredObject | undefined> => target.getObject(destination);

  const hinted = generation !== undefined && !repair;
  let held: StoredObject | undefined;
  let source: StoredObject;
  if (hinted) {
    held = await readTarget();
    if (held && has(copying, held, generation)) return { object: held, wrote: false };
    source = await readSource(copying);
  } else {
    [held, source] = await both(readTarget(), readSource(copying));
  }

  let isSent = false;
  for (let round = 1; ; round += 1) {
    if (held && isCurrent(copying, held, source)) return { object: held, wrote: isSent };
    try {
      return { object: await rewriteObject(copying, { source, destination }, held), wrote: true };
    } catch (error) {
      // Not found is the source, or else the target's bucket.
      if (statusOf(error) === 404) await readSource(copying);
      if (statusOf(error) !== 412) throw error;
      // The answer to the last call was lost; the same call again finds its own work.
      isSent ||= attemptsOf(error) > 1;
      const [heldNow, sourceNow] = await both(readTarget(), readSource(copying));
      if (round === MAX_ROUNDS) {
        const moved =
          heldNow?.generation !== held?.generation || sourceNow.generation !== source.generation;
        // A policy of the organization is refused with 412, too, and moves nothing.
        throw moved ? new SourceMovingError(copying.origin, MAX_ROUNDS) : error;
      }
      [held, source] = [heldNow, sourceNow];
    }
  }
}

/** True when the target's object is `generation` of the source, or a newer one. */
function has({ source, request }: Copying, held: StoredObject, generation: string): boolean {
  const released = releasedGeneration(held, { bucket: source.bucket, name: request.name });
  return released !== undefined && isAtLeast(released, generation);
}

function isCurrent(copying: Copying, held: StoredObject, source: StoredObject): boolean {
  const { destination, notes, request } = copying;
  const from = { bucket: copying.source.bucket, name: request.name };
  if (releasedGeneration(held, from) !== undefined) return has(copying, held, source.generation);
  if (held.crc32c === source.crc32c && held.size === source.size) return true;
  notes.add(`${destination} held content that was not released from here: replaced`);
  return false;
}

/** @throws {SourceGoneError} when the bucket can be read and the object is not there. */
async function readSource({ origin, request, source }: Copying): Promise<StoredObject> {
  const object = await source.getObject(request.name);
  if (object === undefined) {
    await source.checkBucket();
    throw new SourceGoneError(origin);
  }
  if (object.crc32c === undefined) {
    throw new UncopyableError(origin, 'it is encrypted with a key that only its uploader has');
  }
  return object;
}

/** What ends an attempt whose rewrite goes on in the next one. */
function asStopped(error: unknown, { destination, request, state }: Copying): unknown {
  const { aborted } = request.signal;
  const reason: unknown = request.signal.reason;
  const { progress, calls, bytes } = state;
  const passes = error instanceof CopyError && isTransientFailure(error.cause);
  if (progress && calls > 0 && (aborted || passes)) {
    return new RewriteStoppedError(
      destination,
      { progress, calls, bytes },
      aborted ? reason : error,
    );
  }
  return aborted ? new CopyAbortedError(destination, 0, reason) : error;
}
