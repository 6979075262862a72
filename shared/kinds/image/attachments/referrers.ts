import { isNotThere } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import type { Manifest } from '../../../oci/manifest';
import { isIndexType } from '../../../oci/media-types';
import { referenceTo } from '../../../oci/reference';
import { isRelayStatement } from '../../../statements/relay-statement';
import { loadManifest } from '../manifests';
import { copyNode, listManifests, rewriteNode, type Walk } from '../content/walk';
import { allOrAbort, type Copying } from '../copy-context';
import { carriedList } from './carried';
import { listsAll, referrerDescriptor, listUnderTag } from './referrers-tag';
import { ensureListed, findUnlisted, type Unlisted } from './referrers-list';

/** What refers to a subject at the source. */
export interface Referrers {
  readonly subject: Digest;
  readonly referrers: readonly Descriptor[];
  /** The source's own list under the fallback tag, which goes along. */
  readonly list?: Manifest;
  /** The source has no referrers API: its list is all that is known. */
  readonly isOnlyList?: boolean;
}

/** What is at the target, and listed there. */
export interface CopiedReferrers {
  readonly digests: readonly Digest[];
  /** The same, and what those that are indexes consist of: what is attached to all these comes next. */
  readonly manifests: readonly Digest[];
}

/**
 * Copies referrers to the target, and into its list: what the list lacks is written, whatever the target has by digest, for
 * that is how it is listed.
 */
export async function copyReferrers(walk: Walk, found: Referrers): Promise<CopiedReferrers> {
  const { copying } = walk;
  const { subject, referrers, list } = found;
  if (referrers.length === 0) return { digests: [], manifests: [] };
  const byTag = list !== undefined;
  const unlisted = await findUnlisted(copying.target, subject, referrers, { byTag });
  const lacking = new Set(unlisted.lacking);
  const copied = await allOrAbort(
    copying,
    referrers.map(async (referrer) => {
      // Under a fallback tag there may be listed what is not there any more.
      const isSure = unlisted.byApi && !lacking.has(referrer);
      const isThere = isSure || (await copyReferrer(walk, referrer, lacking.has(referrer)));
      return isThere ? [referrer] : [];
    }),
  );
  const there = copied.flat();
  await listReferrers(walk, found, there, unlisted);

  const manifests = there.map(({ digest }) => digest);
  for (const index of there.filter(({ mediaType }) => isIndexType(mediaType))) {
    manifests.push(...(await listManifests(walk, await loadManifest(copying, index))));
  }
  return { digests: there.map(({ digest }) => digest), manifests };
}

/** False: it is listed, but not there (any more), or is not what the list says. */
async function copyReferrer(
  walk: Walk,
  referrer: Descriptor,
  isLacking: boolean,
): Promise<boolean> {
  const { notes, source, tally } = walk.copying;
  try {
    // Read here anyway. A list under a tag says what its writer likes.
    if (isLacking && isRelayStatement(await loadManifest(walk.copying, referrer))) {
      const name = referenceTo(source, referrer.digest);
      notes.add(`${name} is listed as something else, but is a statement of the relay: left out`);
      return false;
    }
    const wrote = await (isLacking ? rewriteNode(walk, referrer) : copyNode(walk, referrer));
    if (wrote) tally.attachments++;
    return true;
  } catch (error) {
    if (!isNotThere(error)) throw error;
    notes.add(`${referenceTo(source, referrer.digest)} is listed, but not there`);
    return false;
  }
}

/** Sees to it that the target lists those that are `there`. */
async function listReferrers(
  walk: Walk,
  { subject, list: original, isOnlyList = false }: Referrers,
  there: readonly Descriptor[],
  { byApi, lacking }: Unlisted<Descriptor>,
): Promise<void> {
  const { copying } = walk;
  const isWhole = there.every((referrer) => !lacking.includes(referrer));
  const described = there.map((one) => describe(copying, one));
  // Registries refuse a list of what they do not have.
  const list = original && carriedList(original, there);
  if (byApi) {
    if (list) await listUnderTag(copying, subject, described, list);
    if (!isWhole) await ensureListed(copying, subject, there, (one) => rewriteNode(walk, one));
  } else if (!isWhole) {
    // A list that says less than the manifests is good enough only where it is all that there is.
    const isGood = isOnlyList || (list && listsAll(list, described));
    await listUnderTag(copying, subject, described, isGood ? list : undefined);
  }
}

/** As the manifest itself says it where that was read: some lists leave out annotations and artifact type. */
function describe({ caches, source }: Copying, listed: Descriptor): Descriptor {
  const manifest = caches.manifests.get(source, listed.digest);
  return referrerDescriptor(manifest ?? { ...listed, descriptor: listed });
}
