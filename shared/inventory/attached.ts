import { cosignTags, fallbackTag } from '../copy/referrers-index';
import { readReferrersTag } from '../copy/referrers-tag';
import type { Digest } from '../oci/digest';
import type { Repository } from '../oci/repository';

/** What is attached to one manifest at the source. */
export interface Attached {
  readonly referrers: readonly Digest[];
  /** Those of cosign that are there, with what they hold. */
  readonly tags: readonly { readonly tag: string; readonly digest: Digest }[];
}

/**
 * Reads what is attached to `subject` at the source. `knownTags` are the attachment tags of the list that the image came
 * from: asking for each would cost four requests for every image that has none.
 */
export async function readAttached(
  source: Repository,
  subject: Digest,
  knownTags: ReadonlyMap<string, Digest | undefined>,
): Promise<Attached> {
  const listed = (await source.listReferrers(subject)) ?? [];
  const list = knownTags.has(fallbackTag(subject))
    ? await readReferrersTag(source, subject)
    : undefined;
  const fallback = typeof list === 'object' ? list.manifests : [];
  const tags = await Promise.all(
    cosignTags(subject)
      .filter((tag) => knownTags.has(tag))
      .map(async (tag) => {
        const digest = knownTags.get(tag) ?? (await source.headManifest(tag))?.digest;
        return digest === undefined ? [] : [{ tag, digest }];
      }),
  );
  const referrers = new Set([...listed, ...fallback].map(({ digest }) => digest));
  return { referrers: [...referrers], tags: tags.flat() };
}

/** Whether a target has all of it. A tag that the target would not move counts if its content is there by digest. */
export async function holdsAll(
  target: Repository,
  { referrers, tags }: Attached,
): Promise<boolean> {
  for (const digest of referrers) {
    if ((await target.headManifest(digest)) === undefined) return false;
  }
  for (const { tag, digest } of tags) {
    const held = await target.headManifest(tag);
    if (held === undefined) return false;
    if (held.digest !== digest && (await target.headManifest(digest)) === undefined) return false;
  }
  return true;
}
