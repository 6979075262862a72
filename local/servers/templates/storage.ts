import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestHex, digestOf, parseDigest } from '../../../shared/oci/digest';
import { createFiles, exists, list, remove, unless } from '../registry/storage/files';

/** Templates that are kept. A package is named by its path, `project/repository/package`, whose components must be valid. */
export interface TemplateStorage {
  /** Keeps a version that is there as it is. */
  readonly put: (packagePath: string, bytes: Uint8Array, description?: string) => Promise<Digest>;
  readonly read: (packagePath: string, version: Digest) => Promise<Buffer | undefined>;
  /** In the order of their digests. `undefined`: no such package. */
  readonly versions: (packagePath: string) => Promise<readonly StoredVersion[] | undefined>;
  /** Sorted. */
  readonly packages: (repository: string) => Promise<readonly string[]>;
  readonly readTag: (packagePath: string, tag: string) => Promise<Digest | undefined>;
  readonly setTag: (packagePath: string, tag: string, version: Digest) => Promise<void>;
  /** False: there is a tag of that name, which stays. */
  readonly createTag: (packagePath: string, tag: string, version: Digest) => Promise<boolean>;
  /** Sorted. */
  readonly tags: (packagePath: string) => Promise<readonly StoredTag[]>;
  /** False: there was none. */
  readonly removeTag: (packagePath: string, tag: string) => Promise<boolean>;
  /** With its tags. False: there was none. */
  readonly removeVersion: (packagePath: string, version: Digest) => Promise<boolean>;
  readonly removePackage: (packagePath: string) => Promise<void>;
}

export interface StoredVersion {
  readonly version: Digest;
  readonly size: number;
  readonly createdAt: Date;
  readonly description?: string;
}

export interface StoredTag {
  readonly tag: string;
  readonly version: Digest;
}

/** Makes the folder if needed. @throws {Error} when it cannot be written. */
export async function openDiskTemplateStorage(folder: string): Promise<TemplateStorage> {
  const scratch = join(folder, 'scratch');
  await mkdir(scratch, { recursive: true });
  const files = createFiles(scratch);
  const repositories = join(folder, 'repositories');
  const versionsOf = (path: string): string => join(repositories, path, 'versions');
  const versionAt = (path: string, version: Digest): string =>
    join(versionsOf(path), digestHex(version));
  const descriptionAt = (path: string, version: Digest): string =>
    join(repositories, path, 'descriptions', digestHex(version));
  const tagsOf = (path: string): string => join(repositories, path, 'tags');
  // A tag is any text; this is one that is the same file on no disk for two of them.
  const tagAt = (path: string, tag: string): string => join(tagsOf(path), fileOf(tag));

  const storage: TemplateStorage = {
    async put(path, bytes, description) {
      const version = digestOf(bytes);
      if (description !== undefined)
        await files.create(descriptionAt(path, version), Buffer.from(description));
      await files.create(versionAt(path, version), bytes);
      return version;
    },
    read: (path, version) => unless('ENOENT', readFile(versionAt(path, version)), undefined),
    async versions(path) {
      if (!(await exists(versionsOf(path)))) return undefined;
      const names = [...(await list(versionsOf(path)))].sort();
      return Promise.all(
        names.map((name) => {
          const version = parseDigest(`sha256:${name}`);
          return readVersion(version, versionAt(path, version), descriptionAt(path, version));
        }),
      );
    },
    packages: async (repository) => [...(await list(join(repositories, repository)))].sort(),
    async readTag(path, tag) {
      const text = await unless('ENOENT', readFile(tagAt(path, tag), 'utf8'), undefined);
      return text === undefined ? undefined : parseDigest(text);
    },
    setTag: (path, tag, version) => files.replace(tagAt(path, tag), version),
    createTag: (path, tag, version) => files.create(tagAt(path, tag), version),
    async tags(path) {
      const names = [...(await list(tagsOf(path)))].map(tagOf).sort();
      const tags = names.map(async (tag) => ({ tag, version: await storage.readTag(path, tag) }));
      return (await Promise.all(tags)).flatMap(({ tag, version }) =>
        version === undefined ? [] : [{ tag, version }],
      );
    },
    removeTag: (path, tag) => remove(tagAt(path, tag)),
    async removeVersion(path, version) {
      for (const held of await storage.tags(path)) {
        if (held.version === version) await storage.removeTag(path, held.tag);
      }
      await remove(descriptionAt(path, version));
      return remove(versionAt(path, version));
    },
    async removePackage(path) {
      await rm(join(repositories, path), { recursive: true, force: true });
    },
  };
  return storage;
}

async function readVersion(
  version: Digest,
  file: string,
  descriptionFile: string,
): Promise<StoredVersion> {
  const { size, mtime } = await stat(file);
  const description = await unless('ENOENT', readFile(descriptionFile, 'utf8'), undefined);
  const said = description !== undefined && { description };
  return { version, size, createdAt: mtime, ...said };
}

function fileOf(tag: string): string {
  return Buffer.from(tag).toString('hex');
}

function tagOf(file: string): string {
  return Buffer.from(file, 'hex').toString();
}
