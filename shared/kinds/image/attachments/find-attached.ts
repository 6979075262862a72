import { both } from '../../../copying/both';
import type { Digest } from '../../../oci/digest';
import { fallbackTag } from '../../../oci/digest-tag';
import { referenceTo } from '../../../oci/reference';
import type { Copying } from '../copying';
import type { DigestTags } from './digest-tags';
import type { Referrers } from './referrers';
import { readReferrersTag } from './referrers-tag';

/** What is attached to a subject at the source. */
export interface Found extends Referrers {
  /** The digest tags besides the fallback tag. */
  readonly tags: readonly string[];
}

/** Looks for what is attached to `subject`: by the referrers API, under its fallback tag, and at other digest tags. */
export async function findAttached(
  { notes, source }: Copying,
  subject: Digest,
  digestTags: Promise<DigestTags>,
): Promise<Found> {
  const [listed, present] = await both(
    source.listReferrers(subject),
    digestTags.then((tagsOf) => tagsOf(subject)),
  );
  const tags = present.filter((tag) => tag !== fallbackTag(subject));
  if (tags.length === present.length) return { subject, referrers: listed ?? [], tags };

  const list = await readReferrersTag(source, subject);
  if (typeof list !== 'object') {
    if (list === 'other') {
      notes.add(`${referenceTo(source, fallbackTag(subject))} is no list of referrers: left out`);
    }
    return { subject, referrers: listed ?? [], tags };
  }
  const all = new Map([...list.manifests, ...(listed ?? [])].map((one) => [one.digest, one]));
  const isOnlyList = listed === undefined;
  return { subject, referrers: [...all.values()], tags, list, isOnlyList };
}

export function isAnyAttached({ referrers, tags }: Found): boolean {
  return referrers.length + tags.length > 0;
}
