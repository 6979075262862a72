import { formatReference } from '../../../oci/reference';
import type { ImageNaming } from './naming';
import { readPipeline, UnreadablePipelineError } from './pipeline';

const MOST = 20;

/** The first of many names, and how many more there are. */
export function listed(names: readonly string[]): string {
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
