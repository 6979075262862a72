import { randomUUID } from 'node:crypto';
import { access, link, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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
