import { createCopyCaches } from '../../shared/copying/caches';
import type { Listing } from '../../shared/kinds/image/attachments/attachments';
import type { Repository } from '../../shared/oci/repository';
import { createJumpingClock, type JumpingClock } from './jumping-clock';

/** What listing referrers at `target` needs; its waits take no time, and their jitter is none. */
export function createListing(target: Repository): Listing & { readonly clock: JumpingClock } {
  const clock = createJumpingClock();
  return {
    target,
    clock,
    caches: createCopyCaches(clock),
    notes: new Set(),
    random: () => 0.5,
    signal: new AbortController().signal,
    tally: { manifests: 0 },
  };
}
