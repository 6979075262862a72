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
          'true: never move a tag. A tag that exists at the target with another digest fails as `tag-conflict`.',
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
  awaits: null,
  note: null,
});
