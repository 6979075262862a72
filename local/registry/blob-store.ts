import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestAlgorithm, digestHex, type Digest } from '../../shared/oci/digest';
import { linkNew, unless } from './files';

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
 * Content lies in `blobs/<algorithm>/<hex>`, and a repository that shows it holds a hard link: atomic, never dangling, and
 * the link count tells when the content has no user left.
 */
export function createBlobStore(folder: string): BlobStore {
  const contentOf = (digest: Digest): string =>
    join(folder, 'blobs', digestAlgorithm(digest), digestHex(digest));
  const shownIn = (repository: string, digest: Digest): string =>
    join(folder, 'repositories', repository, '_blobs', digestAlgorithm(digest), digestHex(digest));

  const find: BlobStore['find'] = async (repository, digest) => {
    const path = shownIn(repository, digest);
    const found = await unless(['ENOENT'], stat(path));
    return found && { path, size: found.size };
  };

  const mount: BlobStore['mount'] = async (repository, digest, from) => {
    const source = from === undefined ? contentOf(digest) : shownIn(from, digest);
    if ((await unless(['ENOENT'], stat(source))) === undefined) return false;
    await unless(['ENOENT'], linkNew(source, shownIn(repository, digest)));
    return (await find(repository, digest)) !== undefined;
  };

  return {
    find,
    mount,

    async commit(repository, digest, path) {
      await linkNew(path, contentOf(digest));
      // The content may go meanwhile, with a delete in the last other repository that showed it.
      if (!(await mount(repository, digest))) await linkNew(path, shownIn(repository, digest));
      await unlink(path);
    },

    async remove(repository, digest) {
      const removed = await unless(
        ['ENOENT'],
        unlink(shownIn(repository, digest)).then(() => true),
      );
      const content = await unless(['ENOENT'], stat(contentOf(digest)));
      if (content?.nlink === 1) await unless(['ENOENT'], unlink(contentOf(digest)));
      return removed ?? false;
    },
  };
}
