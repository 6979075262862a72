import { orCopyError } from '../../../copying/errors';
import { formatReference, type Reference } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';

/** What is pulled by a name that has neither a tag nor a digest. */
export const DEFAULT_TAG = 'latest';

/** Whether a target has an image: one request. @throws {CopyError} */
export async function hasImage(
  repository: Pick<Repository, 'headManifest'>,
  image: Reference,
): Promise<boolean> {
  const reference = formatReference(image);
  const { tag, digest } = image;
  const found = await orCopyError({ operation: 'look up', side: 'target', reference }, () =>
    repository.headManifest(digest ?? tag ?? DEFAULT_TAG),
  );
  return found !== undefined;
}
