import { type Reference, formatReference } from '../../../oci/reference';
import { orCopyError, HeldError } from '../../../copying/errors';
import type { Repository } from '../../../oci/repository';
import { all } from '../../../async/together';
import { readPipeline, UnreadablePipelineError } from './pipeline';

/** An image as it is at a target. */
export interface TargetImage extends Reference {
  /** It is named by a digest, and its rule selects platforms: an index gets another digest there. */
  readonly isAltered?: true;
}

/** What the images of a template are at one target. */
export interface ImageNaming {
  /** The target, for people. */
  readonly target: string;
  /** What an image is called there, by the present rules alone; undefined: it is not released there. */
  readonly nameOf: (image: string) => TargetImage | undefined;
  /** True for an image of a source that the rules release from, to whomever. */
  readonly isOurs: (image: string) => boolean;
  /** Whether the target has it. */
  readonly isThere: (image: Reference) => Promise<boolean>;
}

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

const MOST = 20;

/** The first of many names, and how many more there are. */
function listed(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, MOST).join(', '), names.length - MOST];
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** What stays as it was in a template whose images are renamed. */
export function notesOnOthers(
  others: readonly string[],
  { target }: Pick<ImageNaming, 'target'>,
): string[] {
  if (others.length === 0) return [];
  return [`it names ${listed(others)}, which no rule releases to ${target}: left as it is`];
}

/** The images that a template names and that its target does not have by these names, where it is copied as it is. */
export function notesOnPlain(bytes: Uint8Array, naming: Omit<ImageNaming, 'isThere'>): string[] {
  const { target, nameOf, isOurs } = naming;
  const names = namesIn(bytes).filter(isOurs);
  const released = names.flatMap((name) => {
    const there = nameOf(name);
    return there === undefined ? [] : [`${name} (there ${formatReference(there)})`];
  });
  const kept = names.filter((name) => nameOf(name) === undefined);
  return [
    ...(released.length > 0
      ? [
          `it names ${listed(released)}: with \`rewriteImages: true\` it would name what ${target} has`,
        ]
      : []),
    ...(kept.length > 0 ? [`it names ${listed(kept)}, which no rule releases to ${target}`] : []),
  ];
}

/** Empty for a text that cannot be read: it is copied as it is. */
function namesIn(bytes: Uint8Array): string[] {
  try {
    return [...new Set(readPipeline(bytes).images.map(({ name }) => name))];
  } catch (error) {
    if (error instanceof UnreadablePipelineError) return [];
    throw error;
  }
}
