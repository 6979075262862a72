import { readFile } from 'node:fs/promises';
import { parseDigest, type Digest } from '../../../../shared/oci/digest';
import { exists, list, remove, unless, type Files } from './files';
import { tagOfFile, type Layout } from './layout';

/** The tags of every repository. A tag's file holds the digest. */
export interface TagStore {
  readonly resolve: (repository: string, tag: string) => Promise<Digest | undefined>;
  readonly set: (repository: string, tag: string, digest: Digest) => Promise<void>;
  /** As `set`, but never moves a tag. False: it holds another digest. */
  readonly setOnce: (repository: string, tag: string, digest: Digest) => Promise<boolean>;
  /** False: it was not there. */
  readonly remove: (repository: string, tag: string) => Promise<boolean>;
  /** Sorted by code unit, as the distribution-spec asks. `undefined`: no such repository. */
  readonly list: (repository: string) => Promise<readonly string[] | undefined>;
}

export function createTagStore(layout: Layout, files: Files): TagStore {
  const resolve: TagStore['resolve'] = async (repository, tag) => {
    const path = layout.tag(repository, tag);
    const text = await unless('ENOENT', readFile(path, 'utf8'), undefined);
    return text === undefined ? undefined : parseDigest(text);
  };

  return {
    resolve,
    set: (repository, tag, digest) => files.replace(layout.tag(repository, tag), digest),
    async setOnce(repository, tag, digest) {
      const isNew = await files.create(layout.tag(repository, tag), digest);
      return isNew || (await resolve(repository, tag)) === digest;
    },
    remove: (repository, tag) => remove(layout.tag(repository, tag)),
    async list(repository) {
      if (!(await exists(layout.manifests(repository)))) return undefined;
      return (await list(layout.tags(repository))).map(tagOfFile).sort();
    },
  };
}
