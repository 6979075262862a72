import { isNotThere } from '../../../copying/errors';
import { all } from '../../../copying/both';
import type { Descriptor } from '../../../oci/descriptor';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { isRelayStatement } from '../../../statements/relay-statement';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { IN_TOTO } from '../../../statements/forms/statement';
import { mergeReferrers } from './referrers-index';

type Read = (referrer: Descriptor) => Promise<Manifest>;

/** Artifact types that the relay's own statements may have in a list that leaves annotations out. */
const LIKELY = [undefined, SIGSTORE_BUNDLE, IN_TOTO];

/**
 * Those of `referrers` that travel with their subject: statements of the relay's stay where they are. Some lists leave
 * annotations out: then the referrer itself is read.
 */
export async function carriedOf(
  referrers: readonly Descriptor[],
  read: Read,
): Promise<readonly Descriptor[]> {
  const stays = await all(
    referrers.map(async (referrer) =>
      isRelayStatement(isSaid(referrer) ? referrer : await labelsOf(referrer, read)),
    ),
  );
  return referrers.filter((_, at) => stays[at] === false);
}

/** A list of referrers as it travels: without what stays. Undefined where nothing is left. */
export function carriedList(list: Manifest, carried: readonly Descriptor[]): Manifest | undefined {
  const digests = new Set(carried.map(({ digest }) => digest));
  const rest = list.manifests.filter(({ digest }) => digests.has(digest));
  if (rest.length === list.manifests.length) return list;
  const bytes = mergeReferrers([], rest);
  return bytes && parseManifest(bytes, list.descriptor.mediaType);
}

/** Whether a list says what it is, as far as that is not clear by its type. */
function isSaid({ artifactType, annotations = {} }: Descriptor): boolean {
  return !LIKELY.includes(artifactType) || Object.keys(annotations).length > 0;
}

/** None of what is listed, but not there (any more). */
async function labelsOf(
  referrer: Descriptor,
  read: Read,
): Promise<Pick<Manifest, 'artifactType' | 'annotations'>> {
  try {
    return await read(referrer);
  } catch (error) {
    if (isNotThere(error)) return {};
    throw error;
  }
}
