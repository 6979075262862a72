import { answerOf } from '../copying/errors';
import type { ArtifactRegistry, DockerImage } from '../google/artifact-registry';
import type { ArtifactRegistryName } from '../google/artifact-registry-name';
import type { Bucket } from '../kinds/object/bucket';
import type { StoredObject } from '../kinds/object/stored-object';
import type { Digest } from '../oci/digest';
import { formatReference, isTag, parseReference, type RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { isObject } from '../kinds/object/reference';
import { formatPlace } from '../kinds/references';
import type { Rule, RuleOf } from '../rules/rules';
import { taggedReferences, type ListedTemplate, type TemplateList } from '../kinds/template/list';
import { literalImages } from './literal-images';
import { releaseName, type SourceObject, type SourceRelease, type SourceTag } from './release';

export interface SourcePage {
  readonly releases: readonly SourceRelease[];
  /** Bytes of every image on the page, with a tag or without: an index is as large as what it consists of. */
  readonly sizes?: ReadonlyMap<Digest, number>;
  /** The image that the page is about does not exist, or not yet. */
  readonly absent?: true;
  /** How to ask for the page after this one; absent on the last. */
  readonly next?: string;
}

/** How to list what a rule's source holds: at least all that its globs name. */
export interface Listing {
  /** Rules with the same key have the same list. */
  readonly key: string;
  page(from?: string): Promise<SourcePage>;
}

/** A source whose images nobody can list; the message says what to do. */
export class UnlistableSourceError extends Error {
  override readonly name = 'UnlistableSourceError';
}

export interface ListingDeps {
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
  /** Where Artifact Registry's API finds a repository; undefined for another registry's. */
  readonly nameOf: (repository: RepositoryName) => ArtifactRegistryName | undefined;
  readonly open: (repository: RepositoryName) => Pick<Repository, 'listTags'>;
  readonly listTemplates: (repository: RepositoryName) => Pick<TemplateList, 'page'>;
  readonly openBucket: (bucket: string) => Pick<Bucket, 'listPage'>;
}

/**
 * Artifact Registry lists digests, times and sizes of images in pages of a thousand; of another registry the tags are listed
 * image by image, and its rules must name their images. Templates and objects are listed with all that is to be known.
 *
 * `page` throws {@link UnlistableSourceError}, RegistryError, NetworkError.
 */
export function listingOf(rule: Rule, deps: ListingDeps): Listing {
  if (rule.kind === 'object') return listedObjects(rule, deps);
  if (rule.kind === 'template') return listedTemplates(rule, deps);
  const name = deps.nameOf(rule.source);
  return name === undefined ? listedByTags(rule, deps) : listedByGoogle(rule, name, deps);
}

function listedTemplates(
  { source }: RuleOf<'image' | 'template'>,
  { listTemplates }: ListingDeps,
): Listing {
  const tagsOf = (listed: ListedTemplate): SourceTag[] =>
    taggedReferences(source, listed).map((tagged) => ({
      ...tagged,
      ...(listed.uploadedAt !== undefined && { uploadedAt: listed.uploadedAt }),
    }));
  return {
    key: formatReference(source),
    async page(from) {
      const { templates, next } = await listTemplates(source).page(from);
      return { releases: templates.flatMap(tagsOf), ...(next !== undefined && { next }) };
    },
  };
}

function listedObjects({ source }: RuleOf<'object'>, { openBucket }: ListingDeps): Listing {
  const { bucket, prefix } = source;
  const readObject = (object: StoredObject): SourceObject => {
    const { name, generation, size, crc32c, updated } = object;
    return {
      bucket,
      name,
      generation,
      size,
      ...(crc32c !== undefined && { crc32c }),
      ...(updated !== undefined && { uploadedAt: updated }),
    };
  };
  return {
    key: formatPlace(source),
    async page(from) {
      const below = prefix === '' ? '' : `${prefix}/`;
      const { objects, next } = await openBucket(bucket).listPage(below, from);
      return { releases: objects.map(readObject), ...(next !== undefined && { next }) };
    },
  };
}

function listedByGoogle(
  { source: { registry } }: RuleOf<'image' | 'template'>,
  { parent, path }: ArtifactRegistryName,
  { artifactRegistry }: ListingDeps,
): Listing {
  const tagsOf = ({ image, tags, ...found }: DockerImage): SourceTag[] => {
    const repository = `${path}/${image}`;
    return tags.filter(isTag).map((tag) => ({ registry, repository, tag, ...found }));
  };
  return {
    key: parent,
    async page(from) {
      const { images, next } = await artifactRegistry.listImages(parent, from);
      const sizes = new Map(images.map(({ digest, size }) => [digest, size]));
      return { releases: images.flatMap(tagsOf), sizes, ...(next !== undefined && { next }) };
    },
  };
}

/** A page is one image; the token is the name of the next. */
function listedByTags(rule: RuleOf<'image' | 'template'>, deps: ListingDeps): Listing {
  const source = formatReference(rule.source);
  const images = literalImages(rule.pathPatterns);
  return {
    key: `${source} ${rule.globs.join(' ')}`,
    async page(from) {
      if (images === undefined) {
        throw new UnlistableSourceError(
          `rule "${rule.name}": ${source} is not in Artifact Registry, so that its images cannot be listed; name them in \`images\`, without wildcards`,
        );
      }
      const at = Math.max(0, from === undefined ? 0 : images.indexOf(from));
      const image = images[at];
      if (image === undefined) return { releases: [] };
      const repository = parseReference(image === '' ? source : `${source}/${image}`);
      const next = images[at + 1];
      const tags = await tagsAt(repository, deps);
      return {
        releases: (tags ?? []).filter(isTag).map((tag) => ({ ...repository, tag })),
        ...(tags === undefined && { absent: true }),
        ...(next !== undefined && { next }),
      };
    },
  };
}

/** Undefined where nothing has been pushed yet: a rule may name an image before it is built, and the others go on. */
async function tagsAt(
  repository: RepositoryName,
  { open }: ListingDeps,
): Promise<readonly string[] | undefined> {
  try {
    return await open(repository).listTags();
  } catch (error) {
    if (answerOf(error)?.status === 404) return undefined;
    throw error;
  }
}

export interface ListingOptions {
  /** After each page, with the releases so far. */
  readonly onPage?: (releases: number) => void;
  /** Gets the first of the rules whose list failed, and why; the others go on. Default: the failure of one ends all. */
  readonly onFailure?: (rule: Rule, error: unknown) => void;
}

/** Every page of every list that the rules need, each list once. */
export async function listSources(
  rules: readonly Rule[],
  deps: ListingDeps,
  { onPage = () => undefined, onFailure = rethrow }: ListingOptions = {},
): Promise<SourceRelease[]> {
  const listings = new Map<string, { readonly rule: Rule; readonly listing: Listing }>();
  for (const rule of rules) {
    const listing = listingOf(rule, deps);
    if (!listings.has(listing.key)) listings.set(listing.key, { rule, listing });
  }
  const releases = new Map<string, SourceRelease>();
  const sizes = new Map<Digest, number>();
  await Promise.all(
    [...listings.values()].map(async ({ rule, listing }) => {
      for (let from: string | undefined, more = true; more;) {
        const page = await listing.page(from).catch((error: unknown) => {
          onFailure(rule, error);
          return undefined;
        });
        if (page === undefined) return;
        for (const release of page.releases) releases.set(releaseName(release), release);
        for (const [digest, size] of page.sizes ?? []) sizes.set(digest, size);
        onPage(releases.size);
        from = page.next;
        more = from !== undefined;
      }
    }),
  );
  return [...releases.values()].map((release) =>
    isObject(release) ? release : sized(release, sizes),
  );
}

function rethrow(_rule: Rule, error: unknown): never {
  throw error;
}

/** With the size of all that an index consists of; nothing has no bytes, so that a size of 0 is an unknown one. */
function sized(source: SourceTag, sizes: ReadonlyMap<Digest, number>): SourceTag {
  const { size: own = 0, children = [], ...tag } = source;
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
