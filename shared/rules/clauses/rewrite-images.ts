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
          'true: rename the images in a template to their names at the target, if a rule of this file releases them there. The template waits until the target has them. Other images stay as they are.',
        examples: [true],
      }),
  }),
  about: ({ has }) => has.images,
  compile: ({ rewriteImages: written = false }) => ({ rewriteImages: written }),
  problems: null,
  selects: null,
  decides: 'how, by the first rule',
  says: ({ rewriteImages: isRewriting }) => isRewriting,
  alters: ({ rewriteImages: isRewriting }) => isRewriting,
  awaits: null,
  note({ rewriteImages: isRewriting }, { about, targets, receiving, receivingAltered }) {
    const { names: named, plural } = about;
    if (named === undefined) return undefined;
    const reached = receiving(named);
    const some = targets.filter((target) => reached.has(target));
    const none = targets.filter((target) => !reached.has(target));
    if (!isRewriting) {
      return some.length === 0
        ? undefined
        : `does not rename the ${named}s in its ${plural}; \`rewriteImages: true\` gives them their names at ${shown(some)}`;
    }
    const altered = receivingAltered(named);
    const waiting = some.filter((target) => altered.has(target));
    const notes = [
      ...(none.length === 0
        ? []
        : [
            `renames no ${named} for ${shown(none)}: no rule releases one there, so the names in its ${plural} stay`,
          ]),
      ...(waiting.length === 0
        ? []
        : [
            `waits forever if a template names the digest of an index: ${shown(waiting)} gets only some platforms, with another digest; name the image by tag`,
          ]),
    ];
    return notes.length === 0 ? undefined : notes.join('; it ');
  },
});

const MOST = 5;

function shown(targets: readonly string[]): string {
  const [first, more] = [targets.slice(0, MOST).map((name) => `"${name}"`), targets.length - MOST];
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}
