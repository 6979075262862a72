import * as z from 'zod';
import { defineClause } from '../clause';

/** Whether what is attached to an artifact travels with it, and goes where it is when it is pushed later. */
export const attachments = defineClause({
  keys: () => ({
    attachments: z
      .boolean()
      .optional()
      .meta({
        default: true,
        description: 'false: do not copy signatures, SBOMs and attestations with their image.',
        examples: [false],
      }),
  }),
  about: ({ has }) => has.attachments,
  compile: ({ attachments: written = true }, { has }) => ({
    /** Of images alone. */
    attachments: has.attachments === true && written,
  }),
  problems: null,
  selects: {
    by: 'subject',
    admits: ({ attachments: travel }, { isAttachment }) => (isAttachment ? travel : undefined),
    why: ({ attachments: travel }) =>
      travel
        ? 'attachments: it goes where its subject is'
        : 'attachments: false, and this can only be one',
    covers: ({ attachments: travel }, other) => travel || !other.attachments,
    summary: () => '',
  },
  decides: 'how, by the first rule',
  says: ({ attachments: travel }) => travel,
  alters: null,
  awaits: null,
  note: null,
});
