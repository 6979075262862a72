import * as z from 'zod';
import type { Registry } from '../registry/registry';
import { withClient } from '../images/client';
import type { Digest } from '../../shared/oci/digest';

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
}

/** What the service tells of: the Docker repositories of some projects. */
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
const ManifestSizes = z.looseObject({
  config: Sized.optional(),
  layers: z.array(Sized).default([]),
});

/**
 * The images of an embedded registry: the first component of a path is the project, the second the repository. Only what
 * has a tag is listed. The time of an upload is that at which the list first saw it: registries keep none.
 */
export function catalogOf(
  registry: Registry,
  { now = Date.now, immutableTags = false }: { now?: () => number; immutableTags?: boolean } = {},
): Catalog {
  const seen = new Map<string, Promise<Pick<CatalogImage, 'size' | 'mediaType' | 'uploadedAt'>>>();

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
    return Promise.all(
      [...tags].map(async ([digest, of]) => ({
        image,
        digest,
        tags: of,
        ...(await about(path, digest)),
      })),
    );
  }

  return {
    async images(project, repository) {
      const prefix = `${project}/${repository}/`;
      const paths = (await registry.repositories()).filter((path) => path.startsWith(prefix));
      if (paths.length === 0) return undefined;
      const found = await Promise.all(
        paths.map((path) => imagesAt(path, path.slice(prefix.length))),
      );
      return found.flat();
    },
    async repositories(project) {
      const names = (await registry.repositories())
        .map((path) => path.split('/'))
        .filter((components) => components[0] === project && components.length > 2)
        .map((components) => components[1] ?? '');
      return [...new Set(names)].map((name) => ({ name, immutableTags }));
    },
  };
}

async function readManifest(
  { address }: Registry,
  repository: string,
  digest: Digest,
  uploadedAt: number,
): Promise<Pick<CatalogImage, 'size' | 'mediaType' | 'uploadedAt'>> {
  return withClient({ registry: address, repository }, async (send) => {
    const { headers, body } = await send('GET', `manifests/${digest}`, {
      headers: { accept: '*/*' },
    });
    const { config, layers } = ManifestSizes.parse(await body.json());
    const size = [config, ...layers].reduce((sum, blob) => sum + (blob?.size ?? 0), 0);
    return { size, uploadedAt, mediaType: [headers['content-type'] ?? ''].flat().join() };
  });
}
