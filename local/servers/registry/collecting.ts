import type { Digest } from '../../../shared/oci/digest';
import { readManifest, type ManifestContent } from './endpoints/manifest-content';
import type { Storage, StoredManifest } from './storage/storage';

/**
 * The same storage, which takes a manifest away at once with the last tag that held it, directly or through an index, and
 * with it what it consists of and what is attached to it. What never had a tag stays.
 */
export function collecting(storage: Storage): Storage {
  const { tags } = storage;
  return {
    ...storage,
    tags: {
      ...tags,
      async set(repository, tag, digest) {
        const before = await tags.resolve(repository, tag);
        await tags.set(repository, tag, digest);
        if (before !== undefined && before !== digest) await collect(storage, repository, before);
      },
      async remove(repository, tag) {
        const held = await tags.resolve(repository, tag);
        const removed = await tags.remove(repository, tag);
        if (held !== undefined) await collect(storage, repository, held);
        return removed;
      },
    },
  };
}

async function collect(
  { manifests, referrers, tags }: Storage,
  repository: string,
  digest: Digest,
): Promise<void> {
  const kept = new Set<Digest>();

  async function keep(held: Digest): Promise<void> {
    const manifest = kept.has(held) ? undefined : await manifests.get(repository, held);
    kept.add(held);
    for (const child of manifest ? contentOf(manifest).children : []) await keep(child);
  }

  async function remove(one: Digest): Promise<void> {
    const manifest = kept.has(one) ? undefined : await manifests.get(repository, one);
    if (manifest === undefined) return;
    const { children, subject } = contentOf(manifest);
    const attached = await referrers.list(repository, one);
    await manifests.remove(repository, one);
    if (subject !== undefined) await referrers.remove(repository, subject, one);
    for (const other of [...children, ...attached.map((each) => each.digest)]) await remove(other);
  }

  for (const tag of (await tags.list(repository)) ?? []) {
    const held = await tags.resolve(repository, tag);
    if (held !== undefined) await keep(held);
  }
  await remove(digest);
}

function contentOf({ bytes, digest, mediaType }: StoredManifest): ManifestContent {
  return readManifest(bytes, mediaType, digest);
}
