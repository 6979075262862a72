import { answerOf } from '../../copying/errors';
import type { ArtifactRegistry, DockerImage } from '../../google/artifact-registry';
import type { ArtifactRegistryName } from '../../google/artifact-registry-name';
import type { Access, ListingOfKind } from '../../inventory/inspection';
import { atPace } from '../../inventory/pace';
import { UnlistableSourceError, type Listing } from '../../inventory/source';
import { formatReference, isTag, parseReference, type RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { SourceRelease } from '../../rules/artifact';
import type { RuleOf } from '../../rules/rules';
import { isLiteral, literalPrefix, type Steps } from '../../text/steps';
import { repositoryOnSide } from './sides';

/** Where images are listed. */
export interface ImageLists {
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
  readonly nameOf: Access['nameOf'];
  readonly open: (repository: RepositoryName) => Pick<Repository, 'listTags'>;
}

export function openImageListing(access: Access): ListingOfKind<'image'> {
  const { artifactRegistry, nameOf, registries, traffic, pace } = access;
  const open = (name: RepositoryName): Repository =>
    atPace(repositoryOnSide(registries.open(name, { access: 'pull', traffic }), 'source'), pace);
  return listImages({ artifactRegistry, nameOf, open });
}

/**
 * Artifact Registry lists digests, times and sizes of images in pages of a thousand; of another registry the tags are listed
 * image by image, and its rules must name their images.
 */
export function listImages(lists: ImageLists): ListingOfKind<'image'> {
  return (rule) => {
    const name = lists.nameOf(rule.source);
    return name === undefined ? listedByTags(rule, lists) : listedByGoogle(rule, name, lists);
  };
}

function listedByGoogle(
  { source: { registry } }: RuleOf<'image'>,
  { parent, path }: ArtifactRegistryName,
  { artifactRegistry }: ImageLists,
): Listing {
  const tagsOf = ({ image, tags, ...found }: DockerImage): SourceRelease<'image'>[] => {
    const repository = `${path}/${image}`;
    return tags
      .filter(isTag)
      .map((tag) => ({ kind: 'image', registry, repository, tag, ...found }));
  };
  return {
    // Not the parent: a repository that rules call by two names has to be listed under each.
    key: `${registry}/${path}`,
    completed: sized,
    async page(from) {
      const { images, next } = await artifactRegistry.listImages(parent, from);
      const sizes = new Map(images.map(({ digest, size }) => [digest, size]));
      return { releases: images.flatMap(tagsOf), sizes, next };
    },
  };
}

/** A page is one image; the token is the name of the next. If the rule no longer names that, its next image in order follows. */
function listedByTags(rule: RuleOf<'image'>, deps: ImageLists): Listing {
  const source = formatReference(rule.source);
  const images = literalImages(rule.pathPatterns) ?? [];
  return {
    key: `${source} ${rule.globs.join(' ')}`,
    async page(from) {
      const [image, next] = images.filter((name) => from === undefined || name >= from);
      if (image === undefined && images.length > 0) return { releases: [] };
      if (image === undefined) {
        throw new UnlistableSourceError(
          `rule "${rule.name}": ${source} is not in Artifact Registry, so that its images cannot be listed; name them in \`images\`, without wildcards`,
        );
      }
      const repository = parseReference(`${source}/${image}`);
      const tags = await tagsAt(repository, deps);
      return {
        releases: (tags ?? []).filter(isTag).map((tag) => ({ kind: 'image', ...repository, tag })),
        ...(tags === undefined && { absent: true }),
        next,
      };
    },
  };
}

/** Undefined where nothing has been pushed yet: a rule may name an image before it is built, and the others go on. */
async function tagsAt(
  repository: RepositoryName,
  { open }: ImageLists,
): Promise<readonly string[] | undefined> {
  try {
    return await open(repository).listTags();
  } catch (error) {
    if (answerOf(error)?.status === 404) return undefined;
    throw error;
  }
}

/** With the size of all that an index consists of; nothing has no bytes, so that a size of 0 is an unknown one. */
function sized(release: SourceRelease, sizes: ReadonlyMap<string, number>): SourceRelease {
  if (release.kind !== 'image') return release;
  const { size: own = 0, children = [], ...tag } = release;
  const parts = children.map((digest) => sizes.get(digest) ?? 0);
  const isKnown = parts.every((part) => part > 0);
  const size = isKnown
    ? Math.max(
        own,
        parts.reduce((sum, part) => sum + part, 0),
      )
    : 0;
  return { ...tag, ...(size > 0 && { size }) };
}

/** The images that patterns name one by one, sorted; undefined when one of the patterns has a wildcard. */
export function literalImages(patterns: readonly Steps[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const steps of patterns) {
    if (!isLiteral(steps)) return undefined;
    names.add(literalPrefix(steps));
  }
  return [...names].sort();
}
