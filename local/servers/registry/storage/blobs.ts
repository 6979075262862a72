import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Digest } from '../../../../shared/oci/digest';
import { type Layout, linkNew, remove, unless } from './files';
import type { BlobStore, StoredBlob } from './storage';
import type { Draft } from './uploads';

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

/** Bytes that wait in memory for the disk, for each upload. */
const WRITE_BUFFER = 4 * 1024 * 1024;

/** A draft is a file in `folder`, which becomes the blob's content as it is. */
export function openDrafts(folder: string, blobs: DiskBlobStore): (id: string) => Draft {
  return (id) => {
    const path = join(folder, id);
    return {
      append: (body, onBytes) => receive(path, body, onBytes),
      read: () => createReadStream(path, { highWaterMark: WRITE_BUFFER }),
      commit: (repository, digest) => blobs.commit(repository, digest, path),
      async discard() {
        await remove(path);
      },
    };
  };
}

async function receive(
  path: string,
  body: AsyncIterable<Buffer>,
  onBytes: (bytes: Buffer) => void,
): Promise<void> {
  const file = createWriteStream(path, { flags: 'a', highWaterMark: WRITE_BUFFER });
  const written = finished(file);
  // Awaited below; a failing disk must not count as unhandled before.
  written.catch(() => undefined);
  try {
    for await (const bytes of body) {
      onBytes(bytes);
      if (!file.write(bytes)) await Promise.race([once(file, 'drain'), written]);
    }
  } finally {
    file.end();
    await written;
  }
}
