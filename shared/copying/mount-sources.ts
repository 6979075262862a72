import type { Digest } from '../oci/digest';
import { isGoogleRegistry, type RepositoryName } from '../oci/reference';
import type { Mount } from '../oci/repository';

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
export interface MountSources {
  /** Where the target's registry may have the blob; never the repository of another owner, whose logs would show it. */
  find(blob: BlobTransfer): Mount | undefined;
  /** The target has the blob now. */
  add(blob: BlobTransfer): void;
}

export function createMountSources(): MountSources {
  const holders = new Map<string, string>();
  const keyOf = ({ target, scope = '', digest }: BlobTransfer): string =>
    `${target.registry}/${scope} ${digest}`;

  return {
    find(blob) {
      const { source, target } = blob;
      const isSameHost = source.registry === target.registry;
      if (isSameHost) return otherThan(target, source.repository);
      const holder = holders.get(keyOf(blob));
      if (holder !== undefined && holder !== target.repository) return { from: holder };
      const areGoogles = isGoogleRegistry(source.registry) && isGoogleRegistry(target.registry);
      return areGoogles ? { from: source.repository, origin: source.registry } : undefined;
    },

    add(blob) {
      if (blob.scope === undefined) return;
      const key = keyOf(blob);
      holders.delete(key);
      holders.set(key, blob.target.repository);
      const oldest = holders.keys().next();
      if (holders.size > REMEMBERED_BLOBS && oldest.done !== true) holders.delete(oldest.value);
    },
  };
}

function otherThan(target: RepositoryName, repository: string): Mount | undefined {
  return repository === target.repository ? undefined : { from: repository };
}
