import type { StoredVersion, TemplateStorage } from '../../local/servers/templates/storage';
import { type Digest, digestOf } from '../../shared/oci/digest';
import type { Clock } from '../../shared/system/clock';

interface Package {
  readonly versions: Map<
    Digest,
    Omit<StoredVersion, 'version' | 'size'> & { readonly bytes: Buffer }
  >;
  readonly tags: Map<string, Digest>;
}

/** A storage that ends with the process. */
export function createMemoryTemplateStorage(clock: Pick<Clock, 'now'>): TemplateStorage {
  const packages = new Map<string, Package>();
  const find = (path: string): Package | undefined => packages.get(path);
  const open = (path: string): Package => {
    const found = find(path) ?? { versions: new Map(), tags: new Map() };
    packages.set(path, found);
    return found;
  };

  return {
    put(path, bytes, description) {
      const version = digestOf(bytes);
      const { versions } = open(path);
      const stored = {
        bytes: Buffer.from(bytes),
        createdAt: new Date(clock.now()),
        description,
      };
      if (!versions.has(version)) versions.set(version, stored);
      return done(version);
    },
    read: (path, version) => done(find(path)?.versions.get(version)?.bytes),
    versions(path) {
      const stored = [...(find(path)?.versions ?? [])].map(([version, { bytes, ...others }]) => ({
        version,
        size: bytes.length,
        ...others,
      }));
      return done(find(path) && stored.sort((a, b) => (a.version < b.version ? -1 : 1)));
    },
    packages(repository) {
      const prefix = `${repository}/`;
      const paths = [...packages.keys()].filter((path) => path.startsWith(prefix));
      return done(paths.map((path) => path.slice(prefix.length)).sort());
    },
    readTag: (path, tag) => done(find(path)?.tags.get(tag)),
    setTag: (path, tag, version) => done(void open(path).tags.set(tag, version)),
    createTag(path, tag, version) {
      const { tags } = open(path);
      const isNew = !tags.has(tag);
      if (isNew) tags.set(tag, version);
      return done(isNew);
    },
    tags(path) {
      const held = [...(find(path)?.tags ?? [])].map(([tag, version]) => ({ tag, version }));
      return done(held.sort((a, b) => (a.tag < b.tag ? -1 : 1)));
    },
    removeTag: (path, tag) => done(find(path)?.tags.delete(tag) === true),
    removeVersion(path, version) {
      const { tags, versions } = find(path) ?? {};
      for (const [tag, held] of tags ?? []) if (held === version) tags?.delete(tag);
      return done(versions?.delete(version) === true);
    },
    removePackage: (path) => done(void packages.delete(path)),
  };
}

const done = <T>(result: T): Promise<T> => Promise.resolve(result);
