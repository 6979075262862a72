import * as z from 'zod';
import type { Registry } from '../registry/registry';
import { withClient } from '../../images/client';
import { isDigest, type Digest } from '../../../shared/oci/digest';

/** One version of an image, as the service lists it. */
export interface CatalogImage {
  /** Below the repository: `api`. */
  readonly image: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  /** Milliseconds of the epoch. */
  readonly uploadedAt: number;
  /** What an index consists of; each is listed by itself, too. */
  readonly children?: readonly Digest[];
}

/** The content of the service: the Docker repositories of some projects. */
export interface Catalog {
  /** In the order of their names; undefined for a repository that does not exist. */
  images(project: string, repository: string): Promise<readonly CatalogImage[] | undefined>;
  /** Of one project. */
  repositories(project: string): Promise<readonly CatalogRepository[]>;
}

export interface CatalogRepository {
  readonly name: string;
  readonly immutableTags: boolean;
}

const Sized = z.looseObject({ size: z.number() });
const Manifest = z.looseObject({
  config: Sized.optional(),
  layers: z.array(Sized).default([]),
  manifests: z.array(z.looseObject({ digest: z.string().refine(isDigest) })).default([]),
});

/** The fields that come from an image's manifest. */
type About = Pick<CatalogImage, 'size' | 'mediaType' | 'uploadedAt' | 'children'>;

/**
 * The images of an embedded registry: a path begins with the project and the repository. What
 * has a tag is listed, and what indexes with a tag consist of. The time of an upload is that at which the list first saw it: registries keep none.
 */
export function catalogOf(
  registry: Registry,
  { now = Date.now, immutableTags = false }: { now?: () => number; immutableTags?: boolean } = {},
): Catalog {
  const seen = new Map<string, Promise<About>>();

  function about(path: string, digest: Digest) {
    const key = `${path}@${digest}`;
    const known = seen.get(key) ?? readManifest(registry, path, digest, now());
    seen.set(key, known);
    return known;
  }

  async function imagesAt(path: string, image: string): Promise<CatalogImage[]> {
    const tags = new Map<Digest, string[]>();
    for (const tag of await registry.tags(path)) {
      const digest = await registry.digestOf(path, tag);
      if (digest !== undefined) tags.set(digest, [...(tags.get(digest) ?? []), tag]);
    }
    const list = async (digest: Digest): Promise<CatalogImage> => {
      const found = await about(path, digest);
      return { image, digest, tags: tags.get(digest) ?? [], ...found };
    };
    const tagged = await Promise.all([...tags.keys()].map(list));
    const children = new Set(tagged.flatMap((one) => one.children ?? []));
    return [
      ...tagged,
      ...(await Promise.all([...children].filter((one) => !tags.has(one)).map(list))),
    ];
  }

  // A project of a domain, `example.com:vendor`, is two components.
  const folderOf = (project: string): string => `${project.replace(':', '/')}/`;

  return {
    async images(project, repository) {
      const prefix = `${folderOf(project)}${repository}/`;
      const paths = (await registry.repositories()).filter((path) => path.startsWith(prefix));
      if (paths.length === 0) return undefined;
      const found = await Promise.all(
        paths.map((path) => imagesAt(path, path.slice(prefix.length))),
      );
      return found.flat();
    },
    async repositories(project) {
      const folder = folderOf(project);
      const names = (await registry.repositories())
        .filter((path) => path.startsWith(folder))
        .map((path) => path.slice(folder.length).split('/'))
        .flatMap(([name, ...image]) => (name === undefined || image.length === 0 ? [] : name));
      return [...new Set(names)].map((name) => ({ name, immutableTags }));
    },
  };
}

/**
 * The catalog of a registry that may hold any project, and of registries that hold one project each, by its first
 * component. A request asks at most two of them, however many there are.
 */
export function catalogByProject(any: Catalog, own: ReadonlyMap<string, Catalog>): Catalog {
  const catalogsOf = (project: string): Catalog[] => {
    const [component = ''] = project.split(':');
    const one = own.get(component);
    return one === undefined ? [any] : [any, one];
  };
  return {
    async images(project, repository) {
      const asked = catalogsOf(project).map((one) => one.images(project, repository));
      const found = (await Promise.all(asked)).filter((images) => images !== undefined);
      return found.length === 0 ? undefined : found.flat();
    },
    async repositories(project) {
      const asked = catalogsOf(project).map((one) => one.repositories(project));
      const all = (await Promise.all(asked)).flat();
      return [...new Map(all.map((one) => [one.name, one])).values()];
    },
  };
}

async function readManifest(
  { address }: Registry,
  repository: string,
  digest: Digest,
  uploadedAt: number,
): Promise<About> {
  return withClient({ registry: address, repository }, async (send) => {
    const { headers, body } = await send('GET', `manifests/${digest}`, {
      headers: { accept: '*/*' },
    });
    const { config, layers, manifests } = Manifest.parse(await body.json());
    const size = [config, ...layers].reduce((sum, blob) => sum + (blob?.size ?? 0), 0);
    const children = manifests.map(({ digest: child }) => child);
    return { size, uploadedAt, mediaType: [headers['content-type'] ?? ''].flat().join(), children };
  });
}
