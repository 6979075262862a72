import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import type { Manifest } from '../../../oci/manifest';
import { together, type Copying } from '../copying';
import { listsAll, referrerDescriptor } from './referrers-index';
import { ensureListed, findUnlisted } from './referrers-list';
import { listUnderTag } from './referrers-tag';
import { isNotThere } from '../../../copying/sides';
import { nameOf } from '../tag';
import type { Walk } from '../content/walk';

/** What refers to a subject at the source. */
export interface Referrers {
  readonly subject: Digest;
  readonly referrers: readonly Descriptor[];
  /** The source's own list under the fallback tag, which goes along. */
  readonly list?: Manifest;
  /** The source has no referrers API, so that nothing tells more than the list. */
  readonly isOnlyList?: boolean;
}

/**
 * Brings referrers to the target, and into its list: what the list lacks is written, whatever the target has by digest, for
 * that is how it is listed. Gives those that are there then.
 */
export async function copyReferrers(
  copying: Copying,
  walk: Walk,
  { subject, referrers, list, isOnlyList = false }: Referrers,
): Promise<readonly Descriptor[]> {
  if (referrers.length === 0) return [];
  const byTag = list !== undefined;
  const unlisted = await findUnlisted(copying.target, subject, referrers, { byTag });
  const lacking = new Set(unlisted.lacking);
  const there: Descriptor[] = [];
  await together(
    copying,
    referrers.map(async (referrer) => {
      // Under a fallback tag there may be listed what is not there any more.
      const isSure = unlisted.byApi && !lacking.has(referrer);
      const bring = lacking.has(referrer) ? walk.putNode : walk.copyNode;
      if (isSure || (await copyReferrer(copying, referrer, bring))) there.push(referrer);
    }),
  );
  const isWhole = there.every((referrer) => !lacking.has(referrer));
  const described = there.map((one) => describe(copying, one));
  if (unlisted.byApi) {
    if (list) await listUnderTag(copying, subject, described, list);
    if (!isWhole) await ensureListed(copying, subject, there, walk.putNode);
  } else if (!isWhole) {
    // A list that says less than the manifests is good enough only where it is all that there is.
    const isGood = isOnlyList || (list && listsAll(list, described));
    await listUnderTag(copying, subject, described, isGood ? list : undefined);
  }
  return there;
}

/** False: it is listed, but not there (any more). */
async function copyReferrer(
  { notes, signal, source, tally }: Copying,
  referrer: Descriptor,
  bring: Walk['copyNode'] | Walk['putNode'],
): Promise<boolean> {
  try {
    if ((await bring(referrer)) !== false) tally.attachments++;
    return true;
  } catch (error) {
    if (!isNotThere(error) || signal.aborted) throw error;
    notes.add(`${nameOf(source, referrer.digest)} is listed, but not there`);
    return false;
  }
}

/** As the manifest itself says it where that was read: some lists leave out annotations and artifact type. */
function describe({ caches, source }: Copying, listed: Descriptor): Descriptor {
  const manifest = caches.manifests.get(source, listed.digest);
  return referrerDescriptor(manifest ?? { ...listed, descriptor: listed });
}
