import type { Descriptor } from '../../oci/descriptor';
import type { Manifest } from '../../oci/manifest';
import { createRetryBudget, type RetryBudget } from '../../oci/retry-budget';
import type { Repository } from '../../oci/repository';
import type { System } from '../../system/system';
import type { CopyCaches } from '../../copying/caches';
import type { CopyRequest, CopyOptions } from './request';
import { onSide } from '../../copying/sides';
import { createSlots, type Slots } from '../../copying/slots';

/** Up to here a blob's round trips cost more than its bytes. */
const SMALL_BLOB_BYTES = 1024 * 1024;
/** More than a pool has connections, so that none idles. */
const SMALL_REQUESTS_AT_ONCE = 32;

/** One copy under way: what its parts share. */
export interface Copying extends System {
  readonly source: Repository;
  readonly target: Repository;
  readonly options: CopyOptions;
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

/** What one copy has done so far. */
export interface Tally {
  uploadedBlobs: number;
  /** Manifests and tags written. */
  manifests: number;
  attachments: number;
  /** Manifests written that name a subject, which may have to learn of them. */
  readonly withSubject: Manifest[];
  /** True while the target seems to have nothing of what is copied: then it pays to read before one is asked to. */
  fresh: boolean;
  readonly expect: (bytes: number) => void;
  readonly finish: (bytes: number) => void;
  /** A blob was being sent when the copy was ended, since then (monotonic time). */
  readonly breakOff: (blob: Descriptor, since: number) => void;
  /** What had been under way for most of the time since then, if anything had. */
  readonly longestSince: (started: number) => Descriptor | undefined;
  /** Somebody watches the bytes go by. */
  readonly watched: boolean;
}

export function startCopying(request: CopyRequest): Copying {
  const stop = new AbortController();
  const { signal = stop.signal, options, caches, clock, random } = request;
  const { retryBudget = createRetryBudget() } = request;
  return {
    source: onSide(request.source, 'source'),
    target: onSide(request.target, 'target'),
    options,
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
    tally: createTally(request),
  };
}

function createTally({ clock, onProgress }: CopyRequest): Tally {
  let done = 0;
  let total = 0;
  let brokenOff: { readonly blob: Descriptor; readonly since: number } | undefined;
  return {
    uploadedBlobs: 0,
    manifests: 0,
    attachments: 0,
    withSubject: [],
    fresh: false,
    breakOff: (blob, since) => {
      if (!brokenOff || since < brokenOff.since) brokenOff = { blob, since };
    },
    longestSince(started) {
      const now = clock.monotonic();
      const isMost = brokenOff && now - brokenOff.since > (now - started) / 2;
      return isMost ? brokenOff?.blob : undefined;
    },
    watched: onProgress !== undefined,
    expect: (bytes) => {
      total += bytes;
      onProgress?.({ done, total });
    },
    finish: (bytes) => {
      done += bytes;
      onProgress?.({ done, total });
    },
  };
}

/**
 * Waits for all parts of a copy, and for all of them to end when one fails: that one's error is thrown, and what the
 * others have under way is broken off.
 */
export async function together(copying: Copying, parts: Iterable<Promise<unknown>>): Promise<void> {
  const guarded = [...parts].map((part) => part.catch((error: unknown) => copying.abort(error)));
  await Promise.all(guarded);
  copying.signal.throwIfAborted();
}
