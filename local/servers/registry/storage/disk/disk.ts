import { mkdir, rm } from 'node:fs/promises';
import type { Machine } from '../../../machine';
import type { Storage } from '../storage';
import { createUploads } from '../uploads';
import { createBlobStore } from './blobs';
import { openDrafts } from './drafts';
import { createFiles } from './files';
import { createLayout } from './layout';
import { createManifestStore } from './manifests';
import { createReferrerStore } from './referrers';
import { createTagStore } from './tags';

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
