import type { Descriptor } from '../../oci/descriptor';
import { createRetryBudget, type RetryBudget } from '../../oci/http/retry-budget';
import type { Repository } from '../../oci/repository';
import type { System } from '../../system/system';
import type { CopyCaches } from '../../copying/caches';
import type { CopyRequest, CopyOptions, Gate } from './request';
import { onSide } from './sides';
import { createTally, type Tally } from './tally';
import { createSlots, type Slots } from '../../async/limits';

/** Up to here a blob's round trips cost more than its bytes. */
const SMALL_BLOB_BYTES = 1024 * 1024;
/** More than a pool has connections, so that none idles. */
const SMALL_REQUESTS_AT_ONCE = 32;

/** One copy under way: what its parts share. */
export interface Copying extends System {
  readonly source: Repository;
  readonly target: Repository;
  readonly options: CopyOptions;
  readonly gate: Gate | undefined;
  readonly caches: CopyCaches;
  /** Aborted by the caller, or by the first part that fails. */
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  readonly slots: CopySlots;
  readonly retryBudget: RetryBudget;
  readonly notes: Set<string>;
  readonly tally: Tally;
}

/** How much goes on at once. */
export interface CopySlots {
  /** Questions to the target: the answer may be an open upload, which then waits for its turn. */
  readonly asking: Slots;
  /** Small blobs, from the question to the last byte. */
  readonly small: Slots;
  /** The bytes of large blobs. */
  readonly large: Slots;
}

export function isSmall({ size }: Descriptor): boolean {
  return size <= SMALL_BLOB_BYTES;
}

export function startCopying(request: CopyRequest): Copying {
  const stop = new AbortController();
  const { signal = stop.signal, options, caches, clock, random } = request;
  const { retryBudget = createRetryBudget() } = request;
  return {
    source: onSide(request.source, 'source'),
    target: onSide(request.target, 'target'),
    options,
    gate: request.gate,
    caches,
    signal: AbortSignal.any([signal, stop.signal]),
    abort: (reason) => stop.abort(reason),
    slots: {
      asking: createSlots(SMALL_REQUESTS_AT_ONCE),
      small: createSlots(SMALL_REQUESTS_AT_ONCE),
      large: createSlots(options.blobConcurrency),
    },
    clock,
    random,
    retryBudget,
    notes: new Set(),
    tally: createTally(clock, request.onProgress),
  };
}

/**
 * Waits for all parts of a copy, and for all of them to end when one fails: that one's error is thrown, and what the
 * others have under way is broken off.
 */
export async function allOrAbort<T>(
  { abort, signal }: Pick<Copying, 'abort' | 'signal'>,
  parts: Iterable<Promise<T>>,
): Promise<T[]> {
  const all = [...parts];
  await Promise.all(all.map((part) => part.catch((error: unknown) => abort(error))));
  signal.throwIfAborted();
  return Promise.all(all);
}
