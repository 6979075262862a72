import { createQueue, type Queue } from '../async/limits';
import { createSharedWork, type SharedWork } from '../async/sharing';
import type { Digest } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import { type RepositoryName, isGoogleRegistry } from '../oci/reference';
import type { Mount } from '../oci/repository';
import type { Clock } from '../system/clock';

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

/** What a manifest is remembered by. */
function keyOf({ registry, repository }: RepositoryName, digest: Digest): string {
  return `${registry}/${repository}@${digest}`;
}

/** The manifests that were read last, for the other targets and attempts that want them; kept apart for each repository. */
interface ManifestCache {
  get(repository: RepositoryName, digest: Digest): Manifest | undefined;
  add(repository: RepositoryName, manifest: Manifest): void;
}

/** What a manifest takes in memory for each of its bytes, as it came and parsed. */
export const MEMORY_PER_BYTE = 6;

/** Forgets the least recently used, but not the last one, when they take more than about `maxBytes` of memory. */
export function createManifestCache(maxBytes: number): ManifestCache {
  const recent = createRecent(maxBytes, memoryOf);
  return {
    get: (repository, digest) => recent.get(keyOf(repository, digest)),
    add: (repository, manifest) =>
      recent.set(keyOf(repository, manifest.descriptor.digest), manifest),
  };
}

function memoryOf({ bytes }: Manifest): number {
  return bytes.length * MEMORY_PER_BYTE;
}

/** Long enough for all tags of one release; short, as a version may be deleted by hand or by a policy. */
const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_MANIFESTS = 10_000;

/**
 * Short-lived cache of versions; skips duplicate uploads only. The registry is asked for the content of a tag each
 * time.
 */
interface Presence {
  has(repository: RepositoryName, digest: Digest): boolean;
  add(repository: RepositoryName, digest: Digest): void;
  /** The repository has refused what it was thought to have. */
  remove(repository: RepositoryName, digest: Digest): void;
}

export function createPresence(clock: Pick<Clock, 'monotonic'>): Presence {
  const until = createRecent<number>(REMEMBERED_MANIFESTS);
  return {
    has: (repository, digest) => (until.get(keyOf(repository, digest)) ?? 0) > clock.monotonic(),
    add: (repository, digest) =>
      until.set(keyOf(repository, digest), clock.monotonic() + REMEMBERED_MS),
    remove: (repository, digest) => void until.remove(keyOf(repository, digest)),
  };
}

const REMEMBERED_BLOBS = 20_000;

/** A blob on its way to a target. */
export interface BlobTransfer {
  readonly source: RepositoryName;
  readonly target: RepositoryName;
  /** The path below which all repositories of the target's registry have one owner. */
  readonly scope: string | undefined;
  readonly digest: Digest;
}

/** Remembers, for one process, which repository of an owner has a blob. */
interface MountSources {
  /** Where the target's registry may have the blob; never the repository of another owner, whose logs would show it. */
  find(blob: BlobTransfer): Mount | undefined;
  /** The target has the blob now. */
  add(blob: BlobTransfer): void;
}

export function createMountSources(): MountSources {
  const holders = createRecent<string>(REMEMBERED_BLOBS);
  const blobKeyOf = ({ target, scope = '', digest }: BlobTransfer): string =>
    `${target.registry}/${scope} ${digest}`;

  return {
    find(blob) {
      const { source, target } = blob;
      const isSameHost = source.registry === target.registry;
      if (isSameHost) return otherThan(target, source.repository);
      const holder = holders.get(blobKeyOf(blob));
      if (holder !== undefined && holder !== target.repository) return { from: holder };
      const areGoogles = isGoogleRegistry(source.registry) && isGoogleRegistry(target.registry);
      return areGoogles ? { from: source.repository, origin: source.registry } : undefined;
    },

    add(blob) {
      if (blob.scope !== undefined) holders.set(blobKeyOf(blob), blob.target.repository);
    },
  };
}

function otherThan(target: RepositoryName, repository: string): Mount | undefined {
  return repository === target.repository ? undefined : { from: repository };
}

interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  remove(key: string): V | undefined;
}

/** Forgets the least recently used, but not the last one, while all of them exceed `limit`. Each counts 1 by default. */
function createRecent<V>(limit: number, sizeOf: (value: V) => number = () => 1): Recent<V> {
  const entries = new Map<string, V>();
  let total = 0;
  const remove = (key: string): V | undefined => {
    const known = entries.get(key);
    if (known !== undefined) total -= sizeOf(known);
    entries.delete(key);
    return known;
  };
  const insert = (key: string, value: V): void => {
    entries.set(key, value);
    total += sizeOf(value);
  };
  return {
    remove,
    get(key) {
      const found = remove(key);
      if (found !== undefined) insert(key, found);
      return found;
    },
    set(key, value) {
      remove(key);
      insert(key, value);
      for (const oldest of entries.keys()) {
        if (total <= limit || oldest === key) break;
        remove(oldest);
      }
    },
  };
}
