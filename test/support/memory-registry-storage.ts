import { Readable } from 'node:stream';
import type { Machine } from '../../local/servers/machine';
import type {
  BlobStore,
  ManifestStore,
  ReferrerStore,
  Storage,
  StoredManifest,
  TagStore,
} from '../../local/servers/registry/storage/storage';
import { createUploads, type Draft } from '../../local/servers/registry/storage/uploads';
import type { Descriptor } from '../../shared/oci/descriptor';
import type { Digest } from '../../shared/oci/digest';

/** A storage that ends with the process. */
export function createMemoryStorage(machine: Machine): Storage {
  const blobs = createBlobs();
  const { manifests, tags } = createManifests();
  return {
    blobs,
    manifests,
    tags,
    referrers: createReferrers(),
    uploads: createUploads(() => createDraft(blobs.commit), machine),
  };
}

type Commit = (repository: string, digest: Digest, content: Buffer) => void;

function createDraft(commit: Commit): Draft {
  const parts: Buffer[] = [];
  return {
    async append(body, onBytes) {
      for await (const bytes of body) {
        onBytes(bytes);
        parts.push(bytes);
      }
    },
    read: () => Readable.from(parts),
    commit(repository, digest) {
      commit(repository, digest, Buffer.concat(parts));
      return done(undefined);
    },
    discard: () => done(undefined),
  };
}

function createBlobs(): BlobStore & { readonly commit: Commit } {
  const contents = new Map<Digest, Buffer>();
  /** The repositories that show a blob. */
  const shown = new Map<Digest, Set<string>>();
  const show = (repository: string, digest: Digest) =>
    entryOf(shown, digest, () => new Set<string>()).add(repository);
  const isShown = (repository: string, digest: Digest) =>
    shown.get(digest)?.has(repository) === true;

  return {
    commit(repository, digest, content) {
      if (!contents.has(digest)) contents.set(digest, content);
      show(repository, digest);
    },
    find(repository, digest) {
      const content = isShown(repository, digest) ? contents.get(digest) : undefined;
      return done(
        content && {
          size: content.length,
          slice: (start, length) => content.subarray(start, start + length),
        },
      );
    },
    mount(repository, digest, from) {
      const isThere = from === undefined ? contents.has(digest) : isShown(from, digest);
      if (isThere) show(repository, digest);
      return done(isThere);
    },
    remove(repository, digest) {
      const removed = shown.get(digest)?.delete(repository) === true;
      if (removed && shown.get(digest)?.size === 0) contents.delete(digest);
      return done(removed);
    },
  };
}

/** A repository exists from its first manifest on. */
function createManifests(): { readonly manifests: ManifestStore; readonly tags: TagStore } {
  const manifests = new Map<string, Map<Digest, StoredManifest>>();
  const tags = new Map<string, Map<string, Digest>>();
  const tagsOf = (repository: string) => entryOf(tags, repository, () => new Map<string, Digest>());
  const put = (repository: string, manifest: StoredManifest) =>
    entryOf(manifests, repository, () => new Map<Digest, StoredManifest>()).set(
      manifest.digest,
      manifest,
    );

  return {
    manifests: {
      put: (repository, manifest) => done(void put(repository, manifest)),
      get: (repository, digest) => done(manifests.get(repository)?.get(digest)),
      has: (repository, digest) => done(manifests.get(repository)?.has(digest) === true),
      remove: (repository, digest) => done(manifests.get(repository)?.delete(digest) === true),
      repositories: () => done([...manifests.keys()].sort()),
    },
    tags: {
      resolve: (repository, tag) => done(tags.get(repository)?.get(tag)),
      set: (repository, tag, digest) => done(void tagsOf(repository).set(tag, digest)),
      setOnce(repository, tag, digest) {
        const held = tagsOf(repository).get(tag);
        if (held === undefined) tagsOf(repository).set(tag, digest);
        return done(held === undefined || held === digest);
      },
      remove: (repository, tag) => done(tags.get(repository)?.delete(tag) === true),
      list: (repository) =>
        done(manifests.has(repository) ? [...tagsOf(repository).keys()].sort() : undefined),
    },
  };
}

function createReferrers(): ReferrerStore {
  const referrers = new Map<string, Map<Digest, Descriptor>>();
  const keyOf = (repository: string, subject: Digest): string => `${repository}@${subject}`;
  return {
    add(repository, subject, referrer) {
      const listed = entryOf(
        referrers,
        keyOf(repository, subject),
        () => new Map<Digest, Descriptor>(),
      );
      return done(void listed.set(referrer.digest, referrer));
    },
    remove: (repository, subject, referrer) =>
      done(void referrers.get(keyOf(repository, subject))?.delete(referrer)),
    list(repository, subject) {
      const listed = referrers.get(keyOf(repository, subject)) ?? new Map<Digest, Descriptor>();
      const digests = [...listed.keys()].sort();
      return done(digests.flatMap((digest) => listed.get(digest) ?? []));
    },
  };
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}

const done = <T>(result: T): Promise<T> => Promise.resolve(result);
