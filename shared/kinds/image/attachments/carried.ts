import { type Manifest, parseManifest } from '../../../oci/manifest';
import {
  isEmptyConfig,
  isFilesystemLayer,
  isImageConfig,
  isIndexType,
  isUnnamedArchive,
  isManifestType,
} from '../../../oci/media-types';
import { holdsRelayStatementsAlone, isRelayStatement } from '../../../statements/relay-statement';
import { isNotThere } from '../../../copying/errors';
import { all } from '../../../async/together';
import type { Descriptor } from '../../../oci/descriptor';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { IN_TOTO } from '../../../statements/forms/statement';
import { mergeReferrers } from './referrers-tag';

/** Why an attachment stays at the source: the relay's own statement, or content that a runtime could run. */
export type Stays = 'relay statement' | 'runnable';

/**
 * Returns why an attachment stays at the source; undefined if it travels. `isGated`: the rule requires statements, which
 * were read for the subject and not for its attachments.
 */
export function staysAtSource(
  attachment: Manifest,
  { isGated }: { readonly isGated: boolean },
): Stays | undefined {
  if (holdsRelayStatementsAlone(attachment)) return 'relay statement';
  return isGated && isRunnable(attachment) ? 'runnable' : undefined;
}

/**
 * Whether a runtime could run it, by the media types that it declares: an index, or an image with a filesystem. ORAS
 * attaches any file as a layer of a filesystem, with an empty config, which no runtime accepts.
 */
export function isRunnable({ blobs, descriptor, foreign = [], manifests }: Manifest): boolean {
  if (isIndexType(descriptor.mediaType) || manifests.length > 0) return true;
  const [config] = blobs;
  if (config && isEmptyConfig(config)) return false;
  // Some runtimes go by the config, and find out from a layer's bytes how it is packed.
  const mayBeImage = config !== undefined && isImageConfig(config.mediaType);
  return [...blobs, ...foreign].some(
    ({ mediaType }) => isFilesystemLayer(mediaType) || (mayBeImage && isUnnamedArchive(mediaType)),
  );
}

type Read = (referrer: Descriptor) => Promise<Manifest>;

/** Artifact types that the relay's own statements may have in a list that leaves annotations out. */
const LIKELY = [undefined, SIGSTORE_BUNDLE, IN_TOTO];

/** How to decide what travels. */
interface Carriage {
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
