import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Descriptor } from '../../shared/oci/descriptor';
import { digestAlgorithm, digestHex, parseDigest, type Digest } from '../../shared/oci/digest';
import { linkNew, unless, writeInto } from './files';

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Manifests, tags and referrers of every repository. A write is seen whole or not at all. */
export interface ManifestStore {
  readonly put: (repository: string, manifest: StoredManifest) => Promise<void>;
  readonly get: (repository: string, digest: Digest) => Promise<StoredManifest | undefined>;
  readonly has: (repository: string, digest: Digest) => Promise<boolean>;
  /** False: it was not there. */
  readonly remove: (repository: string, digest: Digest) => Promise<boolean>;

  /** False: the tag holds another digest and `move` does not allow to change that. */
  readonly tag: (
    repository: string,
    tag: string,
    digest: Digest,
    move: boolean,
  ) => Promise<boolean>;
  /** False: it was not there. */
  readonly untag: (repository: string, tag: string) => Promise<boolean>;
  readonly resolve: (repository: string, tag: string) => Promise<Digest | undefined>;
  /** Sorted by code unit, as the distribution-spec asks. `undefined`: no such repository. */
  readonly tags: (repository: string) => Promise<readonly string[] | undefined>;

  /** `descriptor` is a manifest whose subject is `subject`. */
  readonly addReferrer: (
    repository: string,
    subject: Digest,
    descriptor: Descriptor,
  ) => Promise<void>;
  readonly removeReferrer: (repository: string, subject: Digest, referrer: Digest) => Promise<void>;
  /** Sorted by digest. */
  readonly referrers: (repository: string, subject: Digest) => Promise<readonly Descriptor[]>;

  /** Every repository that a manifest was ever pushed to, sorted. */
  readonly repositories: () => Promise<readonly string[]>;
}

/**
 * `repositories/<name>/_manifests/<algorithm>/<hex>` holds the media type, a line feed and the bytes; `_tags/<tag>` a digest;
 * `_referrers/<algorithm>/<hex>/` a descriptor for each referrer. No component of a repository name starts with `_`.
 */
export function createManifestStore(folder: string): ManifestStore {
  const roots = join(folder, 'repositories');
  const manifestPath = (repository: string, digest: Digest): string =>
    join(roots, repository, '_manifests', digestAlgorithm(digest), digestHex(digest));
  const tagPath = (repository: string, tag: string): string =>
    join(roots, repository, '_tags', escapeCase(tag));
  const referrersFolder = (repository: string, subject: Digest): string =>
    join(roots, repository, '_referrers', digestAlgorithm(subject), digestHex(subject));
  const referrerPath = (repository: string, subject: Digest, referrer: Digest): string =>
    join(referrersFolder(repository, subject), referrer.replace(':', '-'));

  /** Writes to a file of its own first: a reader never sees half of it. */
  async function prepare(content: string | Uint8Array): Promise<string> {
    const path = join(folder, 'uploads', randomUUID());
    await writeInto(path, content);
    return path;
  }

  async function replace(path: string, content: string | Uint8Array): Promise<void> {
    const prepared = await prepare(content);
    await mkdir(dirname(path), { recursive: true });
    await rename(prepared, path);
  }

  const exists = async (path: string): Promise<boolean> =>
    (await unless(
      ['ENOENT'],
      access(path).then(() => true),
    )) ?? false;
  const remove = async (path: string): Promise<boolean> =>
    (await unless(
      ['ENOENT'],
      unlink(path).then(() => true),
    )) ?? false;
  const list = async (path: string): Promise<string[] | undefined> =>
    unless(['ENOENT'], readdir(path));

  const resolve: ManifestStore['resolve'] = async (repository, tag) => {
    const text = await unless(['ENOENT'], readFile(tagPath(repository, tag), 'utf8'));
    return text === undefined ? undefined : parseDigest(text);
  };

  async function repositoriesBelow(name: string): Promise<string[]> {
    const entries = (await list(join(roots, name))) ?? [];
    const below = entries
      .filter((entry) => !entry.startsWith('_'))
      .map((entry) => repositoriesBelow(name === '' ? entry : `${name}/${entry}`));
    const own = entries.includes('_manifests') ? [name] : [];
    return [...own, ...(await Promise.all(below)).flat()].sort(byCodeUnit);
  }

  return {
    put: (repository, { digest, mediaType, bytes }) =>
      replace(
        manifestPath(repository, digest),
        Buffer.concat([Buffer.from(`${mediaType}\n`), bytes]),
      ),
    async get(repository, digest) {
      const stored = await unless(['ENOENT'], readFile(manifestPath(repository, digest)));
      if (stored === undefined) return undefined;
      const end = stored.indexOf('\n');
      return {
        digest,
        mediaType: stored.toString('utf8', 0, end),
        bytes: stored.subarray(end + 1),
      };
    },
    has: (repository, digest) => exists(manifestPath(repository, digest)),
    remove: (repository, digest) => remove(manifestPath(repository, digest)),

    async tag(repository, tag, digest, move) {
      const path = tagPath(repository, tag);
      if (move) {
        await replace(path, digest);
        return true;
      }
      const prepared = await prepare(digest);
      const isNew = await linkNew(prepared, path);
      await unlink(prepared);
      return isNew || (await resolve(repository, tag)) === digest;
    },
    untag: (repository, tag) => remove(tagPath(repository, tag)),
    resolve,
    async tags(repository) {
      if (!(await exists(join(roots, repository, '_manifests')))) return undefined;
      const files = (await list(join(roots, repository, '_tags'))) ?? [];
      return files.map(unescapeCase).sort(byCodeUnit);
    },

    addReferrer: (repository, subject, descriptor) =>
      replace(referrerPath(repository, subject, descriptor.digest), JSON.stringify(descriptor)),
    async removeReferrer(repository, subject, referrer) {
      await remove(referrerPath(repository, subject, referrer));
    },
    async referrers(repository, subject) {
      const parent = referrersFolder(repository, subject);
      const files = (await list(parent)) ?? [];
      const texts = await Promise.all(
        files
          .sort(byCodeUnit)
          .map((file) => unless(['ENOENT'], readFile(join(parent, file), 'utf8'))),
      );
      return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Descriptor]));
    },

    repositories: () => repositoriesBelow(''),
  };
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** `V1` and `v1` are two tags, and one file name on some disks: an upper-case letter is written `!v`, as Go's module cache has it. */
function escapeCase(tag: string): string {
  return tag.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

function unescapeCase(file: string): string {
  return file.replace(/!(.)/g, (_, letter: string) => letter.toUpperCase());
}
