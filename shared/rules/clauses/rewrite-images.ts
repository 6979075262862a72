import * as z from 'zod';
import { defineClause } from '../clause';

/** Whether what an artifact names in its own text is named there as at the target. */
export const rewriteImages = defineClause({
  keys: () => ({
    rewriteImages: z
      .boolean()
      .optional()
      .meta({
        default: false,
        description:
          'Of pipeline templates. true: each image of an executor that a rule of this file releases to the same target is named as it is there, and the template waits until it is there. What no rule releases stays as it is.',
        examples: [true],
      }),
  }),
  about: ({ has }) => has.images,
  compile: ({ rewriteImages: written = false }) => ({ rewriteImages: written }),
  selects: null,
  decides: 'how',
  says: ({ rewriteImages: isAnew }) => isAnew,
  alters: ({ rewriteImages: isAnew }) => isAnew,
  note({ rewriteImages: isAnew }, { about, targets, receiving }) {
    if (about.names === undefined) return undefined;
    const reached = receiving(about.names);
    const [some, none] = [true, false].map((has) =>
      targets.filter((to) => reached.has(to) === has),
    );
    if (isAnew) {
      return none?.length === 0 || !none
        ? undefined
        : `names no ${about.names} anew for ${shown(none)}: no rule releases one there, so what its ${about.plural} name stays as it is`;
    }
    return some?.length === 0 || !some
      ? undefined
      : `leaves the ${about.names}s that its ${about.plural} name as they are: with \`rewriteImages: true\` those that rules release to ${shown(some)} are named as there`;
  },
});

const MOST = 5;

function shown(targets: readonly string[]): string {
  const [first, more] = [targets.slice(0, MOST).map((name) => `"${name}"`), targets.length - MOST];
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}
