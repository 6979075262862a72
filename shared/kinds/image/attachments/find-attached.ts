import { all } from '../../../async/together';
import type { Digest } from '../../../oci/digest';
import { fallbackTag } from '../../../oci/digest-tag';
import type { Descriptor } from '../../../oci/descriptor';
import type { Manifest } from '../../../oci/manifest';
import { referenceTo } from '../../../oci/reference';
import { loadManifest } from '../content/manifests';
import type { Copying } from '../copy-context';
import { carriedList, carriedOf } from './carried';
import type { DigestTags } from './digest-tags';
import type { Referrers } from './referrers';
import { readReferrersTag } from './referrers-tag';

/** What is attached to a subject at the source. */
export interface Found extends Referrers {
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
): Promise<Found> {
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
  // Its tag was listed a moment ago: that it is gone is believed when it is said twice.
  const list =
    (await readReferrersTag(source, subject)) ?? (await readReferrersTag(source, subject));
  if (list !== 'other') return list;
  notes.add(`${referenceTo(source, fallbackTag(subject))} is no list of referrers: left out`);
  return undefined;
}

export function isAnyAttached({ referrers, tags }: Found): boolean {
  return referrers.length + tags.length > 0;
}
