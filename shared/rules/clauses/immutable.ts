import * as z from 'zod';
import { defineClause } from '../clause';

/** Whether a tag may move at the target. */
export const immutable = defineClause({
  keys: () => ({
    immutable: z
      .boolean()
      .optional()
      .meta({
        default: false,
        description:
          'true: a tag that exists at the target with another digest is refused, never moved. Not for objects.',
        examples: [true],
      }),
  }),
  about: ({ has }) => has.tag,
  compile: ({ immutable: written = false }) => ({ immutable: written }),
  problems: null,
  selects: null,
  decides: 'how, by the first rule',
  says: ({ immutable: isFixed }) => isFixed,
  alters: null,
  problemOfAltered: null,
  awaits: null,
  note: null,
});
