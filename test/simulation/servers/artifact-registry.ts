import type { ArtifactRegistry, DockerImage } from '../../../shared/google/artifact-registry';
import { parseDigest } from '../../../shared/oci/digest';
import { EPOCH } from '../time/clock';
import { readEntry } from '../model/catalog';
import type { Backstage } from './backstage';

/** So long after it was first asked about it the service may not know yet that a tag holds a digest. */
const LATE_MS = 5_000;

/**
 * What Artifact Registry says of images, all on one page, of each location by its host; `wait` is how long it takes. What it
 * says of one image is late.
 */
export function createArtifactRegistry(
  backstageOf: (host: string) => Backstage,
  { wait, now }: { readonly wait: () => Promise<void>; readonly now: () => number },
): Pick<ArtifactRegistry, 'listImages' | 'tagsOf'> {
  const asked = new Map<string, number>();
  return {
    async tagsOf(parent, image, digest) {
      await wait();
      const backstage = backstageOf(hostOf(parent));
      const path = `${prefixOf(parent)}${image}`;
      const tags = await backstage.tags(path);
      const held = await Promise.all(tags.map((tag) => backstage.manifest(path, tag)));
      return tags.filter((tag, at) => {
        if (held[at]?.digest !== digest) return false;
        const since = asked.get(`${path}:${tag}@${digest}`) ?? now();
        asked.set(`${path}:${tag}@${digest}`, since);
        return now() - since >= LATE_MS;
      });
    },
    async listImages(parent) {
      await wait();
      const backstage = backstageOf(hostOf(parent));
      const prefix = prefixOf(parent);
      const paths = (await backstage.repositories()).filter((path) => path.startsWith(prefix));
      const images: DockerImage[] = [];
      for (const path of paths) {
        images.push(...(await imagesAt(backstage, path, path.slice(prefix.length))));
      }
      return { images };
    },
  };
}

const PARENT =
  /^projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)\/repositories\/(?<name>[^/]+)$/;

function hostOf(parent: string): string {
  return `${PARENT.exec(parent)?.groups?.['location'] ?? ''}-docker.pkg.dev`;
}

function prefixOf(parent: string): string {
  const { project = '', name = '' } = PARENT.exec(parent)?.groups ?? {};
  return `${project}/${name}/`;
}

async function imagesAt(backstage: Backstage, path: string, image: string): Promise<DockerImage[]> {
  const found = new Map<string, { tags: string[]; children: string[] }>();
  for (const tag of await backstage.tags(path)) {
    const { digest, bytes } = (await backstage.manifest(path, tag))!;
    const children = readEntry(bytes).children.map((child) => child.digest);
    const known = found.get(digest) ?? { tags: [], children };
    found.set(digest, { ...known, tags: [...known.tags, tag] });
  }
  return [...found].map(([digest, { tags, children }]) => ({
    image,
    tags,
    digest: parseDigest(digest),
    size: 1,
    uploadedAt: new Date(EPOCH),
    children: children.map(parseDigest),
  }));
}
