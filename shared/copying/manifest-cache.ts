import type { Digest } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import type { RepositoryName } from '../oci/reference';

/** The manifests that were read last, for the other targets and attempts that want them; kept apart for each repository. */
export interface ManifestCache {
  get(repository: RepositoryName, digest: Digest): Manifest | undefined;
  add(repository: RepositoryName, manifest: Manifest): void;
}

/** Forgets the least recently used when the manifests' bytes exceed `maxBytes`. */
export function createManifestCache(maxBytes: number): ManifestCache {
  const entries = new Map<string, Manifest>();
  let bytes = 0;
  const keyOf = ({ registry, repository }: RepositoryName, digest: Digest): string =>
    `${registry}/${repository}@${digest}`;
  const remove = (key: string): Manifest | undefined => {
    const entry = entries.get(key);
    if (entry) bytes -= entry.bytes.length;
    entries.delete(key);
    return entry;
  };
  const insert = (key: string, manifest: Manifest): void => {
    entries.set(key, manifest);
    bytes += manifest.bytes.length;
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
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
  };
}
