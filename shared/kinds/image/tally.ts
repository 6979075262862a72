import type { CopyProgress } from '../../copying/attempt';
import type { Descriptor } from '../../oci/descriptor';
import type { Clock } from '../../system/clock';

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
  /** Somebody watches the bytes go by. */
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
