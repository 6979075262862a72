import { UncopyableError } from '../../../copying/errors';
import type { Manifest } from '../../../oci/manifest';
import { formatPlatform } from '../../../oci/platform';
import { referenceTo } from '../../../oci/reference';
import { loadManifest } from '../content/manifests';
import type { Copying } from '../copy-context';
import { readPlatform } from './image-platform';
import { selectPlatforms, type Selection } from './selection';

/** What the source's tag held at some moment, and what the target's tag is to hold for it: that itself, or a part. */
export interface Version extends Selection {
  readonly source: Manifest;
}

/**
 * Selects what is to be copied of `source`; where that is what `last` was made of, it is `last`.
 *
 * @throws {UncopyableError} when it has none of the wanted platforms.
 */
export async function selectVersion(
  copying: Copying,
  source: Manifest,
  last?: Version,
): Promise<Version> {
  const { digest } = source.descriptor;
  if (last?.source.descriptor.digest === digest) return last;
  const { platforms } = copying.options;
  if (!platforms) return { source, root: source, made: [], missing: [] };
  const selection = await selectPlatforms(source, platforms, {
    manifest: (descriptor) => loadManifest(copying, descriptor),
    platform: (image) => readPlatform(copying.source, image),
  });
  if (selection) return { ...selection, source };
  const wanted = platforms.map(formatPlatform).join(', ');
  const problem = `it has none of the wanted platforms (${wanted})`;
  throw new UncopyableError(referenceTo(copying.source, digest), problem);
}
