import { UncopyableError, type HeldError } from '../../copying/errors';
import {
  createMemory,
  identityOf,
  type Access,
  type Inspection,
  type InventoryKind,
} from '../../inventory/inspection';
import { atPace } from '../../inventory/pace';
import type { SourceRelease } from '../../rules/artifact';
import type { Wanted } from '../../inventory/wanted';
import type { Digest } from '../../oci/digest';
import { fallbackTag, groupDigestTags, isDigestTag } from '../../oci/digest-tag';
import { formatPlatform } from '../../oci/platform';
import type { RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import { requirementsOf, type Rules, type Target } from '../../rules/rules';
import type { Halts } from '../../statements/halt';
import type { Statements } from '../../statements/proof';
import { compareTag } from '../common/tagged';
import {
  holdsAll,
  readSourceAttachments,
  type SourceAttachments,
  type KnownTag,
} from './attachments/attachments';
import { selectedDigest } from './platforms/selection';
import { whyHeld, whyHalted } from './gate';
import { openDeliveries } from './deliveries';
import { imageReference } from './rule';
import { openImageListing } from './listing';
import { repositoryOnSide } from './sides';

/** By repository, and by the fallback tag of what they belong to. */
type KnownTags = ReadonlyMap<string, ReadonlyMap<string, readonly KnownTag[]>>;

/** How sources of images are listed, and targets compared with them. */
export const imageInventory: InventoryKind<'image'> = {
  list: (rule, access) => openImageListing(access)(rule),
  openInspection: openImageInspection,
};

/** Compares images by the digests of their tags, and by what is attached to them. */
function openImageInspection(access: Access, rules: Rules): Inspection<'image'> {
  const { openSource, openTarget } = openSides(access);
  /** By source tag: what it holds. */
  const held = createMemory<Digest | undefined>();
  /** By source digest and platforms: what targets are to hold. */
  const selected = createMemory<Digest | undefined>();
  const attachments = openAttachments(access);
  const deliveryOf = openDeliveries(access);

  function readSourceTag(source: SourceRelease<'image'>): Promise<Digest | undefined> {
    return held(nameWithTag(source), async () => {
      return (await openSource(source).headManifest(source.tag))?.digest;
    });
  }

  /** @throws {UncopyableError} when the source has none of the rule's platforms. */
  async function select({ rule, source }: Wanted<'image'>, digest: Digest): Promise<Digest> {
    const { platforms } = rule;
    if (platforms === undefined) return digest;
    const names = platforms.map(formatPlatform).join(', ');
    const found = await selected(`${imageReference.nameOf(source)}@${digest} ${names}`, () =>
      selectedDigest(openSource(source), digest, platforms),
    );
    if (found !== undefined) return found;
    const why = `it has none of the wanted platforms (${names})`;
    throw new UncopyableError(nameWithTag(source), why);
  }

  return {
    hold: openGate(access, rules, readSourceTag),
    learn: attachments.learn,
    async resolve(wanted) {
      const { source } = wanted;
      const digest = source.digest ?? (await readSourceTag(source));
      return digest && select(wanted, digest);
    },
    async inspect(wanted, digest, answered) {
      const { target, destination, source } = wanted;
      const repository = openTarget(target, destination);
      const there = (await repository.headManifest(destination.tag ?? ''))?.digest;
      answered();
      if (there === digest) {
        const isWhole = await attachments.areAt(repository, wanted, there);
        const state = isWhole ? 'current' : 'attachments missing';
        return { digest, held: there, state, ...(await deliveryOf(wanted, there, repository)) };
      }
      if (there === undefined) return compareTag(wanted, digest);
      // The tag may have moved since the list was made; then the target may be the one who knows better.
      const now = await readSourceTag(source);
      return compareTag(wanted, now ? await select(wanted, now) : digest, there);
    },
  };
}

/** Compares what is attached, for rules that carry attachments. */
function openAttachments(access: Access) {
  const { openSource } = openSides(access);
  /** By source digest, and by whether statements are required. */
  const attached = createMemory<SourceAttachments>();
  let known: KnownTags = new Map();
  return {
    learn: (releases: readonly SourceRelease[]): void => void (known = digestTags(releases)),
    /** Of the root alone. What signs a whole index is not carried where platforms are selected. */
    async areAt(
      target: Repository,
      { demanding, rule, source }: Wanted<'image'>,
      digest: Digest,
    ): Promise<boolean> {
      if (!access.attachments || !rule.attachments) return true;
      if (source.digest !== undefined && source.digest !== digest) return true;
      const isGated = demanding.length > 0;
      const tags = knownTagsOf(known, source, digest);
      const found = await attached(`${imageReference.nameOf(source)}@${digest} ${isGated}`, () =>
        readSourceAttachments(openSource(source), digest, tags, isGated),
      );
      return holdsAll(target, found);
    },
  };
}

/** Reads halts once for each digest, and statements once for each rule and digest, and evaluates these for each tag. */
function openGate(
  access: Access,
  { halts: by }: Pick<Rules, 'halts'>,
  readTag: (source: SourceRelease<'image'>) => Promise<Digest | undefined>,
) {
  const { openSource } = openSides(access);
  const statements = createMemory<Statements>();
  const halts = createMemory<Halts>();
  return async ({ demanding, source }: Wanted<'image'>): Promise<HeldError | undefined> => {
    if (demanding.length + by.length === 0) return undefined;
    const digest = source.digest ?? (await readTag(source));
    if (digest === undefined) return undefined;
    const name = `${imageReference.nameOf(source)}@${digest}`;
    const halted =
      by.length > 0 && (await halts(name, () => access.readHalts(openSource(source), digest, by)));
    const stopped = halted && whyHalted(name, halted);
    if (stopped) return stopped;
    for (const required of requirementsOf(demanding)) {
      const read = await statements(`${required.rule} ${name}`, () =>
        access.prove(openSource(source), digest, [required]),
      );
      const why = whyHeld(name, read.underTag(source.tag));
      if (why) return why;
    }
    return undefined;
  };
}

/** The digest tags that belong to a digest, as the list of its repository has them. */
function knownTagsOf(
  known: KnownTags,
  source: SourceRelease<'image'>,
  digest: Digest,
): readonly KnownTag[] {
  return known.get(imageReference.nameOf(source))?.get(fallbackTag(digest)) ?? [];
}

/** Both keep to the pace of the run, and say which side failed. */
function openSides({ registries, traffic, pace, checkOf }: Access) {
  const pull = { access: 'pull', traffic } as const;
  return {
    openSource: (name: RepositoryName): Repository =>
      atPace(repositoryOnSide(registries.open(name, pull), 'source'), pace),
    openTarget: (target: Target, name: RepositoryName): Repository => {
      const opened = registries.open(name, { ...pull, ...identityOf(target) });
      return atPace(repositoryOnSide(opened, 'target'), pace, checkOf(target));
    },
  };
}

function nameWithTag(source: SourceRelease<'image'>): string {
  return imageReference.format(imageReference.unpinned(source));
}

function digestTags(releases: readonly SourceRelease[]): KnownTags {
  const byRepository = new Map<string, SourceRelease<'image'>[]>();
  for (const source of releases) {
    if (source.kind !== 'image' || !isDigestTag(source.tag)) continue;
    const tags = byRepository.get(imageReference.nameOf(source)) ?? [];
    tags.push(source);
    byRepository.set(imageReference.nameOf(source), tags);
  }
  return new Map([...byRepository].map(([name, tags]) => [name, groupDigestTags(tags)]));
}
