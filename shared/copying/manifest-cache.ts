import type { Digest } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import type { RepositoryName } from '../oci/reference';

/** The manifests that were read last, for the other targets and attempts that want them; kept apart for each repository. */
export interface ManifestCache {
  get(repository: RepositoryName, digest: Digest): Manifest | undefined;
  add(repository: RepositoryName, manifest: Manifest): void;
}

/** What a manifest takes in memory for each of its bytes, as it came and parsed. */
export const MEMORY_PER_BYTE = 6;

/** Forgets the least recently used, but not the last one, when they take more than about `maxBytes` of memory. */
export function createManifestCache(maxBytes: number): ManifestCache {
  const entries = new Map<string, Manifest>();
  let bytes = 0;
  const keyOf = ({ registry, repository }: RepositoryName, digest: Digest): string =>
    `${registry}/${repository}@${digest}`;
  const remove = (key: string): Manifest | undefined => {
    const entry = entries.get(key);
    if (entry) bytes -= memoryOf(entry);
    entries.delete(key);
    return entry;
  };
  const insert = (key: string, manifest: Manifest): void => {
    entries.set(key, manifest);
    bytes += memoryOf(manifest);
  };

  return {
    get(repository, digest) {
      const key = keyOf(repository, digest);
      const found = remove(key);
      if (found) insert(key, found);
      return found;
    },
    add(repository, manifest) {
      const key = keyOf(repository, manifest.descriptor.digest);
      remove(key);
      insert(key, manifest);
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes || oldest === key) break;
        remove(oldest);
      }
    },
  };
}

function memoryOf({ bytes }: Manifest): number {
  return bytes.length * MEMORY_PER_BYTE;
}
