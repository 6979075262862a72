import { askTwice } from '../../../copying/convergence';
import { isNotThere, UncopyableError } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { isManifestType } from '../../../oci/media-types';
import { referenceTo, type RepositoryName } from '../../../oci/reference';
import type { Copying } from '../copy-context';
import { embeddedContent } from './embedded';

/** Indexes in indexes: real ones have two levels. */
export const MAX_DEPTH = 10;

/**
 * The manifest that `descriptor` names, from the source unless it is remembered.
 *
 * @throws {UncopyableError} when it has another size than `descriptor` says.
 */
export async function loadManifest(
  { caches, source }: Copying,
  descriptor: Descriptor,
): Promise<Manifest> {
  const { digest, mediaType } = descriptor;
  // What an index names by another type may be a blob.
  const isNamedButGone = (error: unknown) => isManifestType(mediaType) && isNotThere(error);
  const known = caches.manifests.get(source, digest);
  const embedded = known || !isManifestType(mediaType) ? undefined : embeddedContent(descriptor);
  const manifest =
    known ??
    (embedded
      ? parseManifest(embedded, mediaType, digest)
      : await askTwice(() => source.getManifest(digest), isNamedButGone));
  caches.manifests.add(source, manifest);
  const { size } = manifest.descriptor;
  if (size === descriptor.size) return manifest;
  throw new UncopyableError(
    referenceTo(source, digest),
    `what points at it says that it has ${descriptor.size} bytes, and it has ${size}`,
  );
}

/** @throws {UncopyableError} when indexes nest too deep. */
export function checkDepth(source: RepositoryName, { digest }: Descriptor, depth: number): void {
  if (depth <= MAX_DEPTH) return;
  const problem = `it nests indexes more than ${MAX_DEPTH} deep`;
  throw new UncopyableError(referenceTo(source, digest), problem);
}
