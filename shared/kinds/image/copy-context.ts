import { createSlots, type Slots } from '../../async/limits';
import type { CopyProgress } from '../../copying/attempt';
import type { CopyCaches } from '../../copying/caches';
import type { Platform, Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import { type RetryBudget, createRetryBudget } from '../../oci/http/retry-budget';
import type { Traffic } from '../../oci/http/traffic';
import type { Repository } from '../../oci/repository';
import type { Proof, StatementSource } from '../../statements/proof';
import type { Clock } from '../../system/clock';
import type { System } from '../../system/system';
import { repositoryOnSide } from './sides';

/** What to copy, and where to. */
export interface CopyRequest extends System {
  /** Both sides are opened for this copy alone: with its `traffic` and its `signal`. */
  readonly source: Repository;
  readonly target: Repository;
  /**
   * The source's tag, its digest, or both. With a tag the digest is no more than a hint: what the tag holds is copied.
   * A digest without a tag is copied to `destinationTag`, or is a late attachment.
   */
  readonly tag?: string;
  readonly digest?: Digest;
  /**
   * The tag to write. Left out for a late attachment (a digest, or a `sha256-…` tag, which keeps its name), which is copied
   * only if the target has its subject.
   */
  readonly destinationTag?: string;
  readonly options: CopyOptions;
  /** Absent where no rule requires anything. */
  readonly gate?: Gate;
  /** Absent where no halts count. */
  readonly halts?: HaltCheck;
  readonly caches: CopyCaches;
  readonly traffic: Traffic;
  /** Ends the copy; the same that both repositories were opened with. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Shared with both repositories: one budget of second tries for the whole copy. */
  readonly retryBudget?: RetryBudget;
}

/** Asks the source what is proven of a release of one of its manifests under the source's tag. */
export type Gate = (source: StatementSource, subject: Digest) => Promise<Proof>;

/**
 * Asks the source whether one of its manifests is halted.
 *
 * @throws {HeldError} if it is, or if that cannot be known; the source's error where another request may have another result.
 */
export type HaltCheck = (source: StatementSource, subject: Digest) => Promise<void>;

export interface CopyOptions {
  /** Copy signatures, SBOMs and whatever else is attached, before the tag. */
  readonly attachments: boolean;
  /** Refuse to move a tag that exists at the target with another digest. */
  readonly immutable: boolean;
  /** Copy only these, as a new index. */
  readonly platforms?: readonly Platform[];
  /** Check children and attachments even if the target's tag is right already. */
  readonly repair: boolean;
  /** Afterwards read every manifest back from the target and look for every blob. */
  readonly verify?: boolean;
  /** How many large blobs are sent at once. */
  readonly blobConcurrency: number;
  /** The path under which every repository of the target's registry belongs to the same owner: blobs are mounted within it. */
  readonly mountScope?: string;
}

/** What one copy has done so far. */
export interface Tally {
  uploadedBlobs: number;
  /** Manifests and tags written. */
  manifests: number;
  attachments: number;
  /** When the last read of the source's tag began: milliseconds since 1970. */
  asOf: number;
  readonly expect: (bytes: number) => void;
  readonly finish: (bytes: number) => void;
  /** A blob was being sent when the copy was ended, since then (monotonic time). */
  readonly breakOff: (blob: Descriptor, since: number) => void;
  /** What had been under way for most of the time since then, if anything had. */
  readonly longestSince: (started: number) => Descriptor | undefined;
  /** True if progress is reported. */
  readonly watched: boolean;
}

export function createTally(
  clock: Pick<Clock, 'monotonic' | 'now'>,
  onProgress?: (progress: CopyProgress) => void,
): Tally {
  let done = 0;
  let total = 0;
  let brokenOff: { readonly blob: Descriptor; readonly since: number } | undefined;
  return {
    uploadedBlobs: 0,
    manifests: 0,
    attachments: 0,
    asOf: clock.now(),
    breakOff: (blob, since) => {
      if (!brokenOff || since < brokenOff.since) brokenOff = { blob, since };
    },
    longestSince(started) {
      if (!brokenOff) return undefined;
      const now = clock.monotonic();
      const isMost = now - brokenOff.since > (now - started) / 2;
      return isMost ? brokenOff.blob : undefined;
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
  readonly halts: HaltCheck | undefined;
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
interface CopySlots {
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
    source: repositoryOnSide(request.source, 'source'),
    target: repositoryOnSide(request.target, 'target'),
    options,
    gate: request.gate,
    halts: request.halts,
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
