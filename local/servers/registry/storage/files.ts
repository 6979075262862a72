import { randomUUID } from 'node:crypto';
import { access, link, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, digestAlgorithm, digestHex } from '../../../../shared/oci/digest';

/** Files that a reader sees whole or not at all. Parent folders are made as needed. */
export interface Files {
  readonly replace: (path: string, content: string | Uint8Array) => Promise<void>;
  /** False: `path` exists already, and stays as it is. */
  readonly create: (path: string, content: string | Uint8Array) => Promise<boolean>;
}

/** `scratch` is a folder on the same disk for files in the making. */
export function createFiles(scratch: string): Files {
  async function prepare(content: string | Uint8Array): Promise<string> {
    const path = join(scratch, randomUUID());
    await writeFile(path, content);
    return path;
  }

  return {
    async replace(path, content) {
      const prepared = await prepare(content);
      await mkdir(dirname(path), { recursive: true });
      await rename(prepared, path);
    },
    async create(path, content) {
      const prepared = await prepare(content);
      const isNew = await linkNew(prepared, path);
      await unlink(prepared);
      return isNew;
    },
  };
}

/** Hard-links `to` to the content of `from`, with the folders it needs. False: `to` exists already, and stays. */
export async function linkNew(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true });
  return unless('EEXIST', link(from, to).then(yes), false);
}

export function exists(path: string): Promise<boolean> {
  return unless('ENOENT', access(path).then(yes), false);
}

/** False: there was none. */
export function remove(path: string): Promise<boolean> {
  return unless('ENOENT', unlink(path).then(yes), false);
}

/** Returns the names in a folder; none if the folder does not exist. */
export function list(folder: string): Promise<readonly string[]> {
  return unless('ENOENT', readdir(folder), []);
}

/** The result of `work`, or `otherwise` when it fails with the system error `code`. */
export async function unless<T, O>(code: string, work: Promise<T>, otherwise: O): Promise<T | O> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return otherwise;
    throw error;
  }
}

const yes = (): true => true;

/**
 * Where things lie in the storage folder. Names, tags and digests must have been validated. No component of a repository
 * name starts with `_`, so what belongs to a repository does.
 */
export interface Layout {
  readonly uploads: string;
  readonly repositories: string;
  readonly content: (digest: Digest) => string;
  readonly blob: (repository: string, digest: Digest) => string;
  readonly manifests: (repository: string) => string;
  readonly manifest: (repository: string, digest: Digest) => string;
  readonly tags: (repository: string) => string;
  readonly tag: (repository: string, tag: string) => string;
  readonly referrers: (repository: string, subject: Digest) => string;
  readonly referrer: (repository: string, subject: Digest, referrer: Digest) => string;
}

export function createLayout(folder: string): Layout {
  const repositories = join(folder, 'repositories');
  const within = (repository: string, ...path: readonly string[]): string =>
    join(repositories, repository, ...path);
  const manifests = (repository: string): string => within(repository, '_manifests');
  const tags = (repository: string): string => within(repository, '_tags');
  const referrers = (repository: string, subject: Digest): string =>
    within(repository, '_referrers', digestPath(subject));
  return {
    uploads: join(folder, 'uploads'),
    repositories,
    content: (digest) => join(folder, 'blobs', digestPath(digest)),
    blob: (repository, digest) => within(repository, '_blobs', digestPath(digest)),
    manifests,
    manifest: (repository, digest) => join(manifests(repository), digestPath(digest)),
    tags,
    tag: (repository, tag) => join(tags(repository), escapeCase(tag)),
    referrers,
    referrer: (repository, subject, referrer) =>
      join(referrers(repository, subject), referrer.replace(':', '-')),
  };
}

function digestPath(digest: Digest): string {
  return join(digestAlgorithm(digest), digestHex(digest));
}

/** `V1` and `v1` are two tags, and one file on some disks: an upper-case letter is written `!v`, as Go's module cache does. */
function escapeCase(tag: string): string {
  return tag.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** The tag of a file name in the tags folder. */
export function tagOfFile(file: string): string {
  return file.replace(/!(.)/g, (_, letter: string) => letter.toUpperCase());
}
