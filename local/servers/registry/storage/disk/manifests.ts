import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestStore } from '../storage';
import { exists, list, remove, unless, type Files } from './files';
import type { Layout } from './layout';

/** A file holds the media type, a line feed and the bytes. */
export function createManifestStore(layout: Layout, files: Files): ManifestStore {
  async function repositoriesBelow(name: string): Promise<string[]> {
    const entries = await list(join(layout.repositories, name));
    const below = entries
      .filter((entry) => !entry.startsWith('_'))
      .map((entry) => repositoriesBelow(name === '' ? entry : `${name}/${entry}`));
    const own = entries.includes('_manifests') ? [name] : [];
    return [...own, ...(await Promise.all(below)).flat()].sort();
  }

  return {
    put: (repository, { digest, mediaType, bytes }) =>
      files.replace(
        layout.manifest(repository, digest),
        Buffer.concat([Buffer.from(`${mediaType}\n`), bytes]),
      ),
    async get(repository, digest) {
      const path = layout.manifest(repository, digest);
      const stored = await unless('ENOENT', readFile(path), undefined);
      if (stored === undefined) return undefined;
      const end = stored.indexOf('\n');
      return {
        digest,
        mediaType: stored.toString('utf8', 0, end),
        bytes: stored.subarray(end + 1),
      };
    },
    has: (repository, digest) => exists(layout.manifest(repository, digest)),
    remove: (repository, digest) => remove(layout.manifest(repository, digest)),
    repositories: () => repositoriesBelow(''),
  };
}
