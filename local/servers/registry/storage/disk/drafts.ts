import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Draft } from '../uploads';
import type { DiskBlobStore } from './blobs';
import { remove } from './files';

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
