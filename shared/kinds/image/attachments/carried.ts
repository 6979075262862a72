import { isNotThere } from '../../../copying/errors';
import { all } from '../../../async/together';
import type { Descriptor } from '../../../oci/descriptor';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { isManifestType } from '../../../oci/media-types';
import { isRelayStatement } from '../../../statements/relay-statement';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { IN_TOTO } from '../../../statements/forms/statement';
import { mergeReferrers } from './referrers-index';
import { isRunnable } from './stays';

type Read = (referrer: Descriptor) => Promise<Manifest>;

/** Artifact types that the relay's own statements may have in a list that leaves annotations out. */
const LIKELY = [undefined, SIGSTORE_BUNDLE, IN_TOTO];

/** How to decide what travels. */
export interface Carriage {
  /** The rule requires statements: whatever a runtime could run stays, too. */
  readonly isGated: boolean;
  readonly read: Read;
}

/**
 * Returns those of `referrers` that travel with their subject: statements of the relay stay where they are. Some lists
 * leave annotations out: then the referrer itself is read. With `isGated` each is read. What is not a manifest refers to nothing.
 */
export async function carriedOf(
  referrers: readonly Descriptor[],
  { isGated, read }: Carriage,
): Promise<readonly Descriptor[]> {
  const stays = await all(
    referrers.map(async (referrer) => {
      if (!isManifestType(referrer.mediaType)) return true;
      if (!isGated) {
        return isRelayStatement(
          isSaid(referrer) ? referrer : ((await readIfThere(referrer, read)) ?? {}),
        );
      }
      if (isRelayStatement(referrer)) return true;
      const manifest = await readIfThere(referrer, read);
      return manifest === undefined || isRelayStatement(manifest) || isRunnable(manifest);
    }),
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

/** Unset if it is listed, but not there (any more). */
async function readIfThere(referrer: Descriptor, read: Read): Promise<Manifest | undefined> {
  try {
    return await read(referrer);
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}
