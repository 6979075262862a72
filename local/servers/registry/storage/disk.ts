import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../../../../shared/oci/descriptor';
import { parseDigest } from '../../../../shared/oci/digest';
import type { Machine } from '../../machine';
import { createBlobStore, openDrafts } from './blobs';
import {
  createFiles,
  createLayout,
  exists,
  type Files,
  type Layout,
  list,
  remove,
  tagOfFile,
  unless,
} from './files';
import type { ManifestStore, ReferrerStore, Storage, TagStore } from './storage';
import { createUploads } from './uploads';

/**
 * Opens a storage in `folder`, made if needed, which belongs to one process at a time; uploads that an earlier process left
 * unfinished are swept away.
 */
export async function openDiskStorage(folder: string, machine: Machine): Promise<Storage> {
  const layout = createLayout(folder);
  await rm(layout.uploads, { recursive: true, force: true });
  await mkdir(layout.uploads, { recursive: true });
  const files = createFiles(layout.uploads);
  const blobs = createBlobStore(layout);
  return {
    blobs,
    manifests: createManifestStore(layout, files),
    tags: createTagStore(layout, files),
    referrers: createReferrerStore(layout, files),
    uploads: createUploads(openDrafts(layout.uploads, blobs), machine),
  };
}

/**
 * A file holds the media type, a line feed and the bytes. Another store may read and write the same folder, but a store lists
 * only the repositories that it found at its first list or added itself.
 */
function createManifestStore(layout: Layout, files: Files): ManifestStore {
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

/** A tag's file holds the digest. */
function createTagStore(layout: Layout, files: Files): TagStore {
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

/** A file for each holds its descriptor. */
function createReferrerStore(layout: Layout, files: Files): ReferrerStore {
  return {
    add: (repository, subject, referrer) =>
      files.replace(
        layout.referrer(repository, subject, referrer.digest),
        JSON.stringify(referrer),
      ),
    async remove(repository, subject, referrer) {
      await remove(layout.referrer(repository, subject, referrer));
    },
    async list(repository, subject) {
      const folder = layout.referrers(repository, subject);
      const names = [...(await list(folder))].sort();
      const texts = await Promise.all(
        names.map((name) => unless('ENOENT', readFile(join(folder, name), 'utf8'), undefined)),
      );
      return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Descriptor]));
    },
  };
}
