import { all } from '../../../async/together';
import { HeldError } from '../../../copying/errors';
import { formatReference } from '../../../oci/reference';
import type { ImageNaming, TargetImage } from './naming';
import { listed } from './notes';

/**
 * What keeps a template from being released: which of the images that it names the target lacks.
 *
 * @throws what asking the target throws.
 */
export async function whyHeld(
  reference: string,
  images: readonly TargetImage[],
  { isThere }: Pick<ImageNaming, 'isThere'>,
): Promise<HeldError | undefined> {
  const found = await all(images.map(isThere));
  const missing = images.filter((_, at) => found[at] === false);
  if (missing.length === 0) return undefined;
  const what = missing.length === 1 ? 'an image that is' : 'images that are';
  const names = listed(missing.map(formatReference));
  return new HeldError(
    'images-missing',
    `${reference} names ${what} not at the target yet: ${names}${whyNever(missing)}`,
  );
}

/** A sentence about those that will never come. */
function whyNever(missing: readonly TargetImage[]): string {
  const altered = missing.filter(({ isAltered }) => isAltered).map(formatReference);
  if (altered.length === 0) return '';
  const which = altered.length === missing.length ? 'named so' : listed(altered);
  return `. The target is given some platforms only: an index (${which}) has another digest there, and never comes with this one; name it by a tag`;
}
