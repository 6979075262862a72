import { isNotThere } from '../../copying/errors';
import { carriedOf } from './attachments/carried';
import { staysAtSource } from './attachments/stays';
import { findUnlisted } from './attachments/referrers-list';
import { readReferrersTag } from './attachments/referrers-tag';
import type { Digest } from '../../oci/digest';
import { fallbackTag } from '../../oci/digest-tag';
import type { Repository } from '../../oci/repository';

/** A tag that belongs to a digest, as the list of an image's tags has it: some lists do not say what it holds. */
export interface KnownTag {
  readonly tag: string;
  readonly digest?: Digest;
}

/** What is attached to one manifest at the source, and travels with it. */
export interface Attached {
  readonly subject: Digest;
  readonly referrers: readonly Digest[];
  /** Asks the source whether a referrer stays there, which its list need not say. */
  readonly stays: (referrer: Digest) => Promise<boolean>;
  /** The digest tags besides the fallback tag, with what they hold. */
  readonly tags: readonly AttachedTag[];
}

interface AttachedTag {
  readonly tag: string;
  readonly digest: Digest;
  /** Asks the source whether what the tag holds stays there. */
  readonly stays: () => Promise<boolean>;
}

/**
 * Reads what is attached to `subject` at the source. `knownTags` are its digest tags in the list that the image came from:
 * asking for them would cost a request for every image that has none. `isGated`: the rule requires statements.
 */
export async function readAttached(
  source: Repository,
  subject: Digest,
  knownTags: readonly KnownTag[],
  isGated: boolean,
): Promise<Attached> {
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
    // What is gone is missed, and looked at again.
    if (isNotThere(error)) return false;
    throw error;
  }
}

/** Whether a target has all of it, where its users look: a referrer counts that is listed, wherever else it may be. */
export async function holdsAll(target: Repository, attached: Attached): Promise<boolean> {
  return (await listsAll(target, attached)) && (await holdsTags(target, attached));
}

async function listsAll(
  target: Repository,
  { subject, referrers, stays }: Attached,
): Promise<boolean> {
  if (referrers.length === 0) return true;
  const wanted = referrers.map((digest) => ({ digest }));
  const { byApi, lacking } = await findUnlisted(target, subject, wanted, { byTag: true });
  const missed = new Set(lacking.map(({ digest }) => digest));
  for (const digest of missed) if (!(await stays(digest))) return false;
  // Under a fallback tag there may be listed what is not there any more.
  for (const digest of byApi ? [] : referrers.filter((one) => !missed.has(one))) {
    if ((await target.headManifest(digest)) === undefined) return false;
  }
  return true;
}

/** A tag that the target would not move counts if its content is there by digest. */
async function holdsTags(target: Repository, { tags }: Attached): Promise<boolean> {
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
