import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestStore } from '../storage';
import { exists, list, remove, unless, type Files } from './files';
import type { Layout } from './layout';

/**
 * A file holds the media type, a line feed and the bytes. Another store may read and write the same folder, but a store lists
 * only the repositories that it found at its first list or added itself.
 */
export function createManifestStore(layout: Layout, files: Files): ManifestStore {
  // The folders are read once: lists of images ask for the names far more often than a name is added.
  let found: Promise<readonly string[]> | undefined;
  const added = new Set<string>();

  async function repositoriesBelow(name: string): Promise<string[]> {
    const entries = await list(join(layout.repositories, name));
    const below = entries
      .filter((entry) => !entry.startsWith('_'))
      .map((entry) => repositoriesBelow(name === '' ? entry : `${name}/${entry}`));
    const own = entries.includes('_manifests') ? [name] : [];
    return [...own, ...(await Promise.all(below)).flat()].sort();
  }

  return {
    async put(repository, { digest, mediaType, bytes }) {
      await files.replace(
        layout.manifest(repository, digest),
        Buffer.concat([Buffer.from(`${mediaType}\n`), bytes]),
      );
      added.add(repository);
    },
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
    async repositories() {
      found ??= repositoriesBelow('').catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return [...new Set([...(await found), ...added])].sort();
    },
  };
}
