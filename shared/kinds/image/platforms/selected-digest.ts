import type { Platform } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import type { Repository } from '../../../oci/repository';
import { readPlatform } from './image-platform';
import { selectPlatforms } from './selection';

/** What a target's tag is to hold when some platforms of a source image are copied. `undefined`: it has none of them. */
export async function selectedDigest(
  source: Pick<Repository, 'getManifest' | 'getBlob'>,
  digest: Digest,
  platforms: readonly Platform[],
): Promise<Digest | undefined> {
  const selection = await selectPlatforms(await source.getManifest(digest), platforms, {
    manifest: (descriptor) => source.getManifest(descriptor.digest),
    platform: (image) => readPlatform(source, image),
  });
  return selection?.root.descriptor.digest;
}
