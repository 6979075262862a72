import type { Manifest } from '../../../oci/manifest';
import {
  isEmptyConfig,
  isFilesystemLayer,
  isImageConfig,
  isIndexType,
  isUnnamedArchive,
} from '../../../oci/media-types';
import { holdsRelayStatementsAlone } from '../../../statements/relay-statement';

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
