import { all } from '../../../async/together';
import { askTwice } from '../../../copying/convergence';
import { answerOf, isNotThere } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import { fallbackTag, groupDigestTags } from '../../../oci/digest-tag';
import type { Manifest } from '../../../oci/manifest';
import { formatReference, referenceTo } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';
import type { Copying } from '../copy-context';
import { loadManifest } from '../manifests';
import { carriedList, carriedOf, staysAtSource } from './carried';
import type { Referrers } from './referrers';
import { findUnlisted } from './referrers-list';
import { readReferrersTag } from './referrers-tag';

/** Statuses with which registries refuse to list tags. */
const NO_TAG_LIST = [401, 403, 404, 405];
/** What cosign adds to the name of a digest. */
const COSIGN = ['.sig', '.att', '.sbom'];

/** The source's tags that belong to a digest: its fallback tag, and all that begin with that and a dot. */
export type DigestTags = (subject: Digest) => Promise<readonly string[]>;

/** Lists the source's tags. Where they cannot be listed each that is likely is asked for, and a note says so. */
export async function readDigestTags({ notes, source }: Copying): Promise<DigestTags> {
  try {
    const tagged = groupDigestTags(
      (await askTwice(() => source.listTags(), isRefused)).map((tag) => ({ tag })),
    );
    return (subject) =>
      Promise.resolve((tagged.get(fallbackTag(subject)) ?? []).map(({ tag }) => tag));
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  const { registry, repository } = source;
  notes.add(
    `the tags of ${formatReference({ registry, repository })} cannot be listed: of those that belong to a digest only ${COSIGN.join(', ')} are looked for`,
  );
  return async (subject) => {
    const likely = ['', ...COSIGN].map((kind) => `${fallbackTag(subject)}${kind}`);
    const held = await all(likely.map((tag) => source.headManifest(tag)));
    return likely.filter((_, index) => held[index] !== undefined);
  };
}

function isRefused(error: unknown): boolean {
  return NO_TAG_LIST.includes(answerOf(error)?.status ?? 0);
}

/** What a copy finds attached to a subject at the source. */
interface FoundAttachments extends Referrers {
  /** The digest tags besides the fallback tag. */
  readonly tags: readonly string[];
}

/**
 * Looks for what is attached to `subject` and travels with it: by the referrers API, under its fallback tag, and at other
 * digest tags.
 */
export async function findAttached(
  copying: Copying,
  subject: Digest,
  digestTags: Promise<DigestTags>,
): Promise<FoundAttachments> {
  const { source } = copying;
  const [listed, present] = await all([
    source.listReferrers(subject),
    digestTags.then((tagsOf) => tagsOf(subject)),
  ]);
  const tags = present.filter((tag) => tag !== fallbackTag(subject));
  const list = tags.length === present.length ? undefined : await readList(copying, subject);
  const both = new Map(
    [...(list?.manifests ?? []), ...(listed ?? [])].map((one) => [one.digest, one]),
  );
  const referrers = await carriedOfSource(copying, [...both.values()]);
  const carried = list && carriedList(list, referrers);
  const isOnlyList = listed === undefined;
  return { subject, referrers, tags, ...(carried && { list: carried, isOnlyList }) };
}

/** Returns those of `listed`, referrers at the source, that travel under the rules of this copy. */
export function carriedOfSource(
  copying: Copying,
  listed: readonly Descriptor[],
): Promise<readonly Descriptor[]> {
  return carriedOf(listed, {
    isGated: copying.gate !== undefined,
    read: (referrer) => loadManifest(copying, referrer),
  });
}

async function readList(
  { notes, source }: Copying,
  subject: Digest,
): Promise<Manifest | undefined> {
  // Its tag was listed a moment ago, and one 404 may be spurious.
  const list =
    (await readReferrersTag(source, subject)) ?? (await readReferrersTag(source, subject));
  if (list !== 'other') return list;
  notes.add(`${referenceTo(source, fallbackTag(subject))} is no list of referrers: left out`);
  return undefined;
}

export function isAnyAttached({ referrers, tags }: FoundAttachments): boolean {
  return referrers.length + tags.length > 0;
}

/** A digest tag in the list of an image's tags. Some lists have no digests. */
export interface KnownTag {
  readonly tag: string;
  readonly digest?: Digest;
}

/** What a comparison expects at each target: what is attached to a subject at the source, and travels with it. */
export interface SourceAttachments {
  readonly subject: Digest;
  readonly referrers: readonly Digest[];
  /** Reads from the source whether a referrer stays there, which its list need not show. */
  readonly stays: (referrer: Digest) => Promise<boolean>;
  /** The digest tags besides the fallback tag, with what they hold. */
  readonly tags: readonly AttachedTag[];
}

interface AttachedTag {
  readonly tag: string;
  readonly digest: Digest;
  /** Reads from the source whether what the tag holds stays there. */
  readonly stays: () => Promise<boolean>;
}

/**
 * Reads what is attached to `subject` at the source. `knownTags` are its digest tags in the list that the image came from:
 * a lookup would cost a request for every image that has none. `isGated`: the rule requires statements.
 */
export async function readSourceAttachments(
  source: Repository,
  subject: Digest,
  knownTags: readonly KnownTag[],
  isGated: boolean,
): Promise<SourceAttachments> {
  const listed = (await source.listReferrers(subject)) ?? [];
  const fallback = fallbackTag(subject);
  const list = knownTags.some(({ tag }) => tag === fallback)
    ? await readReferrersTag(source, subject)
    : undefined;
  const underTag = typeof list === 'object' ? list.manifests : [];
  const tags = await Promise.all(
    knownTags
      .filter(({ tag }) => tag !== fallback)
      .map(async ({ tag, digest: known }) => {
        const digest = known ?? (await source.headManifest(tag))?.digest;
        if (digest === undefined) return [];
        return [{ tag, digest, stays: () => staysThere(source, digest, isGated) }];
      }),
  );
  const all = new Map([...underTag, ...listed].map((one) => [one.digest, one]));
  const carried = await carriedOf([...all.values()], {
    isGated,
    read: ({ digest }) => source.getManifest(digest),
  });
  return {
    subject,
    referrers: carried.map(({ digest }) => digest),
    stays: (digest) => staysThere(source, digest, isGated),
    tags: tags.flat(),
  };
}

async function staysThere(source: Repository, digest: Digest, isGated: boolean): Promise<boolean> {
  try {
    return staysAtSource(await source.getManifest(digest), { isGated }) !== undefined;
  } catch (error) {
    // What is gone counts as missing, and is looked up again.
    if (isNotThere(error)) return false;
    throw error;
  }
}

/** Whether a target has all of it where its users look: a referrer counts only if it is listed. */
export async function holdsAll(target: Repository, attached: SourceAttachments): Promise<boolean> {
  return (await listsAll(target, attached)) && (await holdsTags(target, attached));
}

async function listsAll(
  target: Repository,
  { subject, referrers, stays }: SourceAttachments,
): Promise<boolean> {
  if (referrers.length === 0) return true;
  const wanted = referrers.map((digest) => ({ digest }));
  const { byApi, lacking } = await findUnlisted(target, subject, wanted, { byTag: true });
  const missed = new Set(lacking.map(({ digest }) => digest));
  for (const digest of missed) if (!(await stays(digest))) return false;
  // A list under a fallback tag may name what is not there any more.
  for (const digest of byApi ? [] : referrers.filter((one) => !missed.has(one))) {
    if ((await target.headManifest(digest)) === undefined) return false;
  }
  return true;
}

/** A tag that the target would not move counts if its content is there by digest. */
async function holdsTags(target: Repository, { tags }: SourceAttachments): Promise<boolean> {
  for (const { tag, digest, stays } of tags) {
    const held = await target.headManifest(tag);
    const isThere =
      held?.digest === digest ||
      (held !== undefined && (await target.headManifest(digest)) !== undefined);
    // Asked last, as nearly all are there.
    if (!isThere && !(await stays())) return false;
  }
  return true;
}
