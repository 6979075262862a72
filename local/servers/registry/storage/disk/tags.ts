import { readFile } from 'node:fs/promises';
import { parseDigest } from '../../../../../shared/oci/digest';
import type { TagStore } from '../storage';
import { exists, list, remove, unless, type Files } from './files';
import { tagOfFile, type Layout } from './layout';

/** A tag's file holds the digest. */
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
