import { stat } from 'node:fs/promises';
import type { Digest } from '../../../../shared/oci/digest';
import { linkNew, remove, unless } from './files';
import type { Layout } from './layout';

export interface StoredBlob {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Blobs by digest: each is stored once, and seen only in the repositories that it was pushed or mounted to. */
export interface BlobStore {
  readonly find: (repository: string, digest: Digest) => Promise<StoredBlob | undefined>;
  /** Takes the verified file at `path` over as the content of `digest`. */
  readonly commit: (repository: string, digest: Digest, path: string) => Promise<void>;
  /** Shows a blob of `from` (without it: of any repository) in `repository` too. False: it is not there. */
  readonly mount: (repository: string, digest: Digest, from?: string) => Promise<boolean>;
  /** False: it was not there. The content goes with the last repository that shows it. */
  readonly remove: (repository: string, digest: Digest) => Promise<boolean>;
}

/**
 * A repository that shows a blob holds a hard link to its content: atomic, never dangling, and the link count tells when
 * the content has no user left.
 */
export function createBlobStore(layout: Layout): BlobStore {
  const find: BlobStore['find'] = async (repository, digest) => {
    const path = layout.blob(repository, digest);
    const found = await unless('ENOENT', stat(path), undefined);
    return found && { path, size: found.size };
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
