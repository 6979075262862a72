import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Digest } from '../../../../../shared/oci/digest';
import { linkNew, remove, unless } from './files';
import type { BlobStore, StoredBlob } from '../storage';
import type { Layout } from './layout';

/** Large reads keep 1 GiB blobs at few system calls. */
const READ_SIZE = 1024 * 1024;

export interface DiskBlobStore extends BlobStore {
  /** Takes the verified file at `path` over as the content of `digest`. */
  readonly commit: (repository: string, digest: Digest, path: string) => Promise<void>;
}

/**
 * A repository that shows a blob has a hard link to its content: atomic and never dangling, and the link count shows
 * when the content is unused.
 */
export function createBlobStore(layout: Layout): DiskBlobStore {
  const find: BlobStore['find'] = async (repository, digest) => {
    const path = layout.blob(repository, digest);
    const found = await unless('ENOENT', stat(path), undefined);
    return found && blobAt(path, found.size);
  };

  const mount: BlobStore['mount'] = async (repository, digest, from) => {
    const source = from === undefined ? layout.content(digest) : layout.blob(from, digest);
    if ((await unless('ENOENT', stat(source), undefined)) === undefined) return false;
    await unless('ENOENT', linkNew(source, layout.blob(repository, digest)), false);
    return (await find(repository, digest)) !== undefined;
  };

  return {
    find,
    mount,

    async commit(repository, digest, path) {
      await linkNew(path, layout.content(digest));
      // The content may go meanwhile, with a delete in the last other repository that showed it.
      if (!(await mount(repository, digest))) await linkNew(path, layout.blob(repository, digest));
      await remove(path);
    },

    async remove(repository, digest) {
      const removed = await remove(layout.blob(repository, digest));
      const content = layout.content(digest);
      const found = await unless('ENOENT', stat(content), undefined);
      if (found?.nlink === 1) await remove(content);
      return removed;
    },
  };
}

function blobAt(path: string, size: number): StoredBlob {
  return {
    size,
    slice: (start, length) => ({
      length,
      open: () =>
        length === 0
          ? Readable.from([])
          : createReadStream(path, { start, end: start + length - 1, highWaterMark: READ_SIZE }),
    }),
  };
}
