import { mkdir, rm } from 'node:fs/promises';
import { createBlobStore, type BlobStore } from './blobs';
import { createFiles } from './files';
import { createLayout } from './layout';
import { createManifestStore, type ManifestStore } from './manifests';
import { createReferrerStore, type ReferrerStore } from './referrers';
import { createTagStore, type TagStore } from './tags';
import { createUploads, type Uploads } from '../uploads';

/** All that the registry keeps, in one folder that belongs to one process at a time. */
export interface Storage {
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  readonly referrers: ReferrerStore;
  readonly uploads: Uploads;
}

/** Opens `folder`, made if needed; uploads that an earlier process left unfinished are swept away. */
export async function openStorage(folder: string): Promise<Storage> {
  const layout = createLayout(folder);
  await rm(layout.uploads, { recursive: true, force: true });
  await mkdir(layout.uploads, { recursive: true });
  const files = createFiles(layout.uploads);
  return {
    blobs: createBlobStore(layout),
    manifests: createManifestStore(layout, files),
    tags: createTagStore(layout, files),
    referrers: createReferrerStore(layout, files),
    uploads: createUploads(layout.uploads),
  };
}
