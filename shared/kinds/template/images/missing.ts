import { all } from '../../../copying/both';
import { HeldError } from '../../../copying/errors';
import { formatReference, type Reference } from '../../../oci/reference';
import type { ImageNaming } from './naming';
import { listed } from './notes';

/**
 * What keeps a template from being released: which of the images that it names the target lacks.
 *
 * @throws what asking the target throws.
 */
export async function whyHeld(
  reference: string,
  images: readonly Reference[],
  { isThere }: Pick<ImageNaming, 'isThere'>,
): Promise<HeldError | undefined> {
  const found = await all(images.map(isThere));
  const missing = images.filter((_, at) => found[at] === false).map(formatReference);
  if (missing.length === 0) return undefined;
  const what = missing.length === 1 ? 'an image that is' : 'images that are';
  return new HeldError(
    'images-missing',
    `${reference} names ${what} not at the target yet: ${listed(missing)}`,
  );
}
