import type { Queue } from '../../async/limits';
import { all } from '../../async/together';
import type { CopyProgress, ArtifactOutcome } from '../../copying/attempt';
import { MAX_ROUNDS } from '../../copying/convergence';
import {
  CopyAbortedError,
  CopyError,
  SourceGoneError,
  SourceMovingError,
} from '../../copying/errors';
import { isTransientFailure } from '../../oci/http/retries';
import type { Traffic } from '../../oci/http/traffic';
import type { Clock } from '../../system/clock';
import type { Bucket } from './bucket';
import { asReleased, isAtLeast, isUpToDate, releasedGeneration } from './record';
import { formatObjectReference } from './reference';
import {
  type RewriteProgress,
  RewriteStoppedError,
  progressOf,
  rewriteObject,
  startRewriting,
  type RewriteState,
} from './rewrite';
import { attemptsOf, bucketOnSide, statusOf } from './sides';
import { encryptedError, type StoredObject } from './stored-object';

/** What to copy, and where to. */
export interface CopyObjectRequest {
  /**
   * Both are opened for this copy alone, with its `traffic` and its `signal`, and as the same identity: a rewrite is one
   * request, so the account that writes at the target must read at the source.
   */
  readonly source: Bucket;
  readonly target: Bucket;
  /** The source object. */
  readonly name: string;
  /** The generation in the event: a target that has it already, or a newer one, is left alone without a look at the source. */
  readonly generation?: string;
  /** The object's name at the target. */
  readonly destination: string;
  /** Compare with the source in any case. */
  readonly repair: boolean;
  /** From an attempt before this one. */
  readonly progress?: RewriteProgress;
  /** Writers of one target object, in this process. */
  readonly writers: Queue;
  readonly traffic: Traffic;
  /** Ends the copy; the same that both buckets were opened with. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/**
 * Copies one object from bucket to bucket, without a byte of it passing through here: what the source's name holds now,
 * with content type, cache control, content encoding, disposition and language, custom time, custom metadata and
 * contexts.
 *
 * The target's copy carries its source's generation in its custom metadata, written in the same step as the content. So
 * each copy is a compare-and-swap: it lands only where the source still holds what was read, and the target still holds
 * something older. Each generation has an event of its own; so the last one stays whatever the order, an older one never
 * replaces it, and no second look at the source is needed.
 *
 * Requests: 1 (objects.get at the target) for a job with a generation that is there already, or a newer one; 2 for a job
 * without one, and for `repair`, which compare with the source; 3 to copy (target, source, rewrite), and one more for
 * each further call that the rewrite takes. A source or target that changes in between (412) costs two more reads, and
 * the copy is decided again.
 *
 * The outcome's digest is `crc32c:<base64>`, and its bytes are the size of what was written.
 *
 * Safe to repeat, and to run several times at once. What a target holds that was not released from this source is
 * replaced, unless it is equal. A change of metadata alone makes no generation: a job without a generation, or a repair,
 * copies it, by a rewrite like any other.
 *
 * @throws {CopyError} with the failed request; {SourceGoneError}, {SourceMovingError}; {UncopyableError}: repeating is no
 * use; {DigestMismatchError} when another CRC32C landed, which the next attempt copies again; {RewriteStoppedError} when
 * the deadline or a transient failure ended a rewrite that had made progress; {CopyAbortedError} when `signal` ended
 * another.
 */
export async function copyObject(request: CopyObjectRequest): Promise<ArtifactOutcome> {
  const { clock } = request;
  const started = clock.monotonic();
  const asked = clock.now();
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
      asOf: wrote ? (object.updated?.getTime() ?? clock.now()) : asked,
      bytes: wrote ? object.size : 0,
      requests: request.traffic.requests,
      seconds: (clock.monotonic() - started) / 1000,
      notes: [...notes],
    };
  } catch (error) {
    throw asStopped(error, copying);
  }
}

const REPLACED = 'held content that was not released from here: replaced';

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
    source: bucketOnSide(source, 'source'),
    target: bucketOnSide(target, 'target'),
    origin: formatObjectReference({ bucket: source.bucket, name }),
    destination: formatObjectReference({ bucket: target.bucket, name: destination }),
    notes: new Set(),
    state: startRewriting(progress),
    onProgress: request.onProgress,
  };
}

interface Released {
  /** What the target holds. */
  readonly object: StoredObject;
  readonly wrote: boolean;
}

async function release(copying: Copying): Promise<Released> {
  const { generation, repair } = copying.request;
  if (generation === undefined || repair) return settle(copying, await readEnds(copying));
  const held = await readTarget(copying);
  const released = held && generationOf(copying, held);
  if (held && released !== undefined && isAtLeast(released, generation)) {
    return { object: held, wrote: false };
  }
  return settle(copying, { held, source: await readSource(copying) });
}

/** Decides by what both ends hold, and again by what they hold then if one has changed meanwhile. */
async function settle(copying: Copying, seen: Ends): Promise<Released> {
  const { destination: name } = copying.request;
  let [ends, isSent] = [seen, false];
  for (let round = 1; ; round += 1) {
    const { held, source } = ends;
    if (held && isUpToDate(held, copying.source.bucket, asReleased(source))) {
      return { object: held, wrote: isSent };
    }
    if (held && generationOf(copying, held) === undefined) {
      copying.notes.add(`${copying.destination} ${REPLACED}`);
    }
    try {
      const names = { source, destination: name };
      return { object: await rewriteObject(copying, names, held), wrote: true };
    } catch (error) {
      // Either the source is not there, or the target's bucket.
      if (statusOf(error) === 404) await readSource(copying);
      if (statusOf(error) !== 412) throw error;
      // An answer was lost, and the repeated call found its own work.
      isSent ||= attemptsOf(error) > 1;
      ends = await readEnds(copying);
      if (round < MAX_ROUNDS) continue;
      // An organization policy refuses with 412, too, and then nothing has changed.
      throw haveMoved(ends, { held, source })
        ? new SourceMovingError(copying.origin, MAX_ROUNDS)
        : error;
    }
  }
}

/** What the source has, and what the target holds under its name. */
interface Ends {
  readonly held: StoredObject | undefined;
  readonly source: StoredObject;
}

async function readEnds(copying: Copying): Promise<Ends> {
  const [held, source] = await all([readTarget(copying), readSource(copying)]);
  return { held, source };
}

function haveMoved(now: Ends, before: Ends): boolean {
  return (
    now.held?.generation !== before.held?.generation ||
    now.source.generation !== before.source.generation ||
    now.source.metageneration !== before.source.metageneration
  );
}

function readTarget({ request, target }: Copying): Promise<StoredObject | undefined> {
  return target.getObject(request.destination);
}

/** Which generation of the source the target's object is, if it is one. */
function generationOf({ source, request }: Copying, held: StoredObject): string | undefined {
  return releasedGeneration(held, { bucket: source.bucket, name: request.name });
}

/** @throws {SourceGoneError} when the bucket can be read and the object is not there. */
async function readSource({ origin, request, source }: Copying): Promise<StoredObject> {
  const object = await source.getObject(request.name);
  if (object === undefined) {
    await source.checkBucket();
    throw new SourceGoneError(origin);
  }
  if (object.crc32c === undefined) {
    throw encryptedError(origin);
  }
  return object;
}

/** The error that ends the attempt: one that hands the rewrite to the next attempt, if there is one to go on with. */
function asStopped(error: unknown, { destination, request, state }: Copying): unknown {
  const { aborted } = request.signal;
  const reason: unknown = request.signal.reason;
  const { calls, bytes } = state;
  const progress = progressOf(state);
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
