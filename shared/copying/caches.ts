import type { Clock } from '../system/clock';
import { createManifestCache, type ManifestCache } from './manifest-cache';
import { createMountSources, type MountSources } from './mount-sources';
import { createPresence, type Presence } from './presence';
import { createQueue, type Queue } from '../async/limits';
import { createSharedWork, type SharedWork } from '../async/sharing';

const MANIFEST_CACHE_BYTES = 8 * 1024 * 1024;

/** What the copies of one process share, so that none does what another has done or is doing. */
export interface CopyCaches {
  readonly manifests: ManifestCache;
  /** Blob uploads, by repository and digest. */
  readonly uploads: SharedWork;
  /** Who writes one tag, list or object, by its name: one after another. */
  readonly writers: Queue;
  readonly mountSources: MountSources;
  readonly presence: Presence;
}

export function createCopyCaches(clock: Pick<Clock, 'monotonic'>): CopyCaches {
  return {
    manifests: createManifestCache(MANIFEST_CACHE_BYTES),
    uploads: createSharedWork(),
    writers: createQueue(),
    mountSources: createMountSources(),
    presence: createPresence(clock),
  };
}
