import type { ArtifactRegistry } from '../../google/artifact-registry';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import type { Digest } from '../../oci/digest';
import type { RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';

export interface TagSearch {
  readonly artifactRegistry: Pick<ArtifactRegistry, 'tagsOf'>;
  /** Hosts that the Artifact Registry of the local stack tells of. */
  readonly emulatedHosts: readonly string[];
  readonly source: Pick<Repository, 'headManifest' | 'listTags'>;
}

/** Each costs a request; what has more tags than that is left to reconcile. */
const MAX_TAGS = 500;
const AT_ONCE = 16;

/**
 * The tags that hold a digest, of those that may matter. Artifact Registry tells them in one call, a moment late; of another
 * registry the tags are listed, and the first {@link MAX_TAGS} of those that may matter are asked for.
 */
export async function tagsHolding(
  { digest, ...name }: RepositoryName & { readonly digest: Digest },
  mayMatter: (tag: string) => boolean,
  { artifactRegistry, emulatedHosts, source }: TagSearch,
): Promise<readonly string[]> {
  const known = artifactRegistryName(name, emulatedHosts);
  if (known !== undefined) {
    const image = name.repository.slice(known.path.length + 1);
    return (await artifactRegistry.tagsOf(known.parent, image, digest)).filter(mayMatter);
  }
  const asked = (await source.listTags()).filter(mayMatter).slice(0, MAX_TAGS);
  const held: string[] = [];
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const some = asked.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((tag) => source.headManifest(tag)));
    held.push(...some.filter((_, index) => found[index]?.digest === digest));
  }
  return held;
}
