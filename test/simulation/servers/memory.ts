// Temporary, until the embedded registry has an in-memory storage of its own.
import type { Descriptor } from '../../../shared/oci/descriptor';
import { digestOf, type Digest } from '../../../shared/oci/digest';
import { refuse } from '../../../local/registry/errors';
import type { StoredManifest } from '../../../local/registry/storage/manifests';
import type { Storage } from '../../../local/registry/storage/storage';

export function createMemory(): { storage: Storage; read: (path: string) => Buffer } {
  const files = new Map<string, Buffer>();
  const blobs = new Map<string, string>();
  const manifests = new Map<string, Map<Digest, StoredManifest>>();
  const tags = new Map<string, Map<string, Digest>>();
  const referrers = new Map<string, Map<string, Descriptor>>();
  const sessions = new Map<string, { id: string; repository: string; state: string; size: number; bytes: Buffer[] }>();
  let serial = 0;
  const sub = <K, V>(map: Map<string, Map<K, V>>, key: string): Map<K, V> => {
    const found = map.get(key) ?? new Map<K, V>();
    map.set(key, found);
    return found;
  };
  const find = async (repository: string, digest: Digest) => {
    const path = blobs.get(`${repository}@${digest}`);
    return path === undefined ? undefined : { path, size: files.get(path)!.length };
  };
  const storage: Storage = {
    blobs: {
      find,
      async commit(repository, digest, path) {
        files.set(digest, files.get(path)!);
        blobs.set(`${repository}@${digest}`, digest);
      },
      async mount(repository, digest, from) {
        const has = from === undefined ? files.has(digest) : blobs.has(`${from}@${digest}`);
        if (has) blobs.set(`${repository}@${digest}`, digest);
        return has;
      },
      remove: async (repository, digest) => blobs.delete(`${repository}@${digest}`),
    },
    manifests: {
      async put(repository, manifest) {
        sub(manifests, repository).set(manifest.digest, manifest);
      },
      get: async (repository, digest) => manifests.get(repository)?.get(digest),
      has: async (repository, digest) => manifests.get(repository)?.has(digest) ?? false,
      remove: async (repository, digest) => manifests.get(repository)?.delete(digest) ?? false,
      repositories: async () => [...manifests.keys()].sort(),
    },
    tags: {
      resolve: async (repository, tag) => tags.get(repository)?.get(tag),
      async set(repository, tag, digest) {
        sub(tags, repository).set(tag, digest);
      },
      async setOnce(repository, tag, digest) {
        const held = sub(tags, repository).get(tag);
        if (held === undefined) sub(tags, repository).set(tag, digest);
        return held === undefined || held === digest;
      },
      remove: async (repository, tag) => tags.get(repository)?.delete(tag) ?? false,
      list: async (repository) =>
        manifests.has(repository) ? [...sub(tags, repository).keys()].sort() : undefined,
    },
    referrers: {
      async add(repository, subject, referrer) {
        sub(referrers, `${repository}@${subject}`).set(referrer.digest, referrer);
      },
      async remove(repository, subject, referrer) {
        referrers.get(`${repository}@${subject}`)?.delete(referrer);
      },
      list: async (repository, subject) =>
        [...(referrers.get(`${repository}@${subject}`)?.values() ?? [])].sort((a, b) =>
          a.digest < b.digest ? -1 : 1,
        ),
    },
    uploads: {
      async start(repository) {
        const id = `u${++serial}`;
        const session = { id, repository, state: `s${serial}`, size: 0, bytes: [] };
        sessions.set(id, session);
        return session;
      },
      find(repository, id, state) {
        const session = sessions.get(id);
        if (session?.repository !== repository || session.state !== state) {
          throw refuse('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { detail: id });
        }
        return session;
      },
      async append({ id }, body) {
        const session = sessions.get(id)!;
        for await (const bytes of body) {
          session.bytes.push(bytes);
          session.size += bytes.length;
        }
      },
      async finish({ id }, digest) {
        const session = sessions.get(id)!;
        sessions.delete(id);
        const bytes = Buffer.concat(session.bytes);
        const actual = digestOf(bytes);
        if (actual !== digest) throw refuse('DIGEST_INVALID', 'mismatch');
        files.set(id, bytes);
        return id;
      },
      async cancel({ id }) {
        sessions.delete(id);
      },
    },
  };
  return { storage, read: (path) => files.get(path)! };
}
