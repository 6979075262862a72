import { UncopyableError } from '../copying/errors';
import { selectedDigest } from '../kinds/image/platforms/selected-digest';
import type { Digest } from '../oci/digest';
import { fallbackTag, groupDigestTags, isDigestTag } from '../oci/digest-tag';
import { formatPlatform } from '../oci/platform';
import type { RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { isObject } from '../kinds/object/reference';
import { nameOf } from '../kinds/references';
import type { Target } from '../rules/rules';
import { holdsAll, readAttached, type Attached, type KnownTag } from './attached';
import { createMemory, judgeTag, type Inspection } from './inspection';
import { releaseName, type SourceRelease, type SourceTag } from './release';
import type { WantedTag } from './wanted';

export interface ImageInspectionDeps {
  /** Both keep to the pace of the run, and say which side failed. */
  readonly openSource: (name: RepositoryName) => Repository;
  readonly openTarget: (target: Target, name: RepositoryName) => Repository;
  /** Whether to look for attachments, too: at least one more request for each image. */
  readonly attachments: boolean;
}

/** By repository, and by the fallback tag of what they belong to. */
type KnownTags = ReadonlyMap<string, ReadonlyMap<string, readonly KnownTag[]>>;

/** Compares images by the digests of their tags, and by what is attached to them. */
export function createImageInspection(deps: ImageInspectionDeps): Inspection<WantedTag> {
  /** By source tag: what it holds. */
  const held = createMemory<Digest | undefined>();
  /** By source digest and platforms: what targets are to hold. */
  const selected = createMemory<Digest | undefined>();
  /** By source digest. */
  const attached = createMemory<Attached>();
  let known: KnownTags = new Map();

  function readSourceTag(source: SourceTag): Promise<Digest | undefined> {
    return held(releaseName(source), async () => {
      return (await deps.openSource(source).headManifest(source.tag))?.digest;
    });
  }

  /** @throws {UncopyableError} when the source has none of the rule's platforms. */
  async function select({ rule, source }: WantedTag, digest: Digest): Promise<Digest> {
    const { platforms } = rule;
    if (platforms === undefined) return digest;
    const names = platforms.map(formatPlatform).join(', ');
    const found = await selected(`${nameOf(source)}@${digest} ${names}`, () =>
      selectedDigest(deps.openSource(source), digest, platforms),
    );
    if (found !== undefined) return found;
    throw new UncopyableError(
      releaseName(source),
      `it has none of the wanted platforms (${names})`,
    );
  }

  /** Of the root alone. What signs a whole index is not carried where platforms are selected. */
  async function hasAttachments(
    { rule, source }: WantedTag,
    digest: Digest,
    target: Repository,
  ): Promise<boolean> {
    if (!deps.attachments || !rule.attachments) return true;
    if (source.digest !== undefined && source.digest !== digest) return true;
    const found = await attached(`${nameOf(source)}@${digest}`, () => {
      const tags = known.get(nameOf(source))?.get(fallbackTag(digest)) ?? [];
      return readAttached(deps.openSource(source), digest, tags);
    });
    return holdsAll(target, found);
  }

  return {
    learn: (releases) => (known = digestTags(releases)),
    async resolve(wanted) {
      const { source } = wanted;
      const digest = source.digest ?? (await readSourceTag(source));
      return digest && select(wanted, digest);
    },
    async inspect(wanted, digest, answered) {
      const { target, destination, source } = wanted;
      const repository = deps.openTarget(target, destination);
      const there = (await repository.headManifest(destination.tag))?.digest;
      answered();
      if (there !== undefined && there === digest) {
        const isWhole = await hasAttachments(wanted, there, repository);
        return isWhole
          ? judgeTag(wanted, digest, there)
          : { digest, held: there, state: 'attachments missing' };
      }
      if (there === undefined) return judgeTag(wanted, digest);
      // The tag may have moved since the list was made; then the target may be the one who knows better.
      const now = await readSourceTag(source);
      return judgeTag(wanted, now ? await select(wanted, now) : digest, there);
    },
  };
}

function digestTags(releases: readonly SourceRelease[]): KnownTags {
  const byRepository = new Map<string, SourceTag[]>();
  for (const source of releases) {
    if (isObject(source) || !isDigestTag(source.tag)) continue;
    const tags = byRepository.get(nameOf(source)) ?? [];
    tags.push(source);
    byRepository.set(nameOf(source), tags);
  }
  return new Map([...byRepository].map(([name, tags]) => [name, groupDigestTags(tags)]));
}
