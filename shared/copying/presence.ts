import type { Digest } from '../oci/digest';
import type { RepositoryName } from '../oci/reference';
import type { Clock } from '../system/clock';

/** Long enough for all tags of one release; short, as a version may be deleted by hand or by a policy. */
const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_MANIFESTS = 10_000;

/**
 * Short-lived cache of versions; skips duplicate uploads only. The registry is asked for the content of a tag each
 * time.
 */
export interface Presence {
  has(repository: RepositoryName, digest: Digest): boolean;
  add(repository: RepositoryName, digest: Digest): void;
  /** The repository has refused what it was thought to have. */
  remove(repository: RepositoryName, digest: Digest): void;
}

export function createPresence(clock: Pick<Clock, 'monotonic'>): Presence {
  const until = new Map<string, number>();
  const keyOf = ({ registry, repository }: RepositoryName, digest: Digest): string =>
    `${registry}/${repository}@${digest}`;
  return {
    has: (repository, digest) => (until.get(keyOf(repository, digest)) ?? 0) > clock.monotonic(),
    add(repository, digest) {
      const key = keyOf(repository, digest);
      until.delete(key);
      until.set(key, clock.monotonic() + REMEMBERED_MS);
      const oldest = until.keys().next();
      if (until.size > REMEMBERED_MANIFESTS && oldest.done !== true) until.delete(oldest.value);
    },
    remove: (repository, digest) => void until.delete(keyOf(repository, digest)),
  };
}
