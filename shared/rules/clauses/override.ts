import * as z from 'zod';
import { defineClause } from '../clause';
import { describeSigner, signersOf } from '../signers';

/** Who may let one digest pass for a while that is not proven. */
export const override = defineClause({
  keys: () => ({
    override: z
      .array(z.string())
      .min(1)
      .optional()
      .meta({
        description:
          'Names of signers who may exempt one digest from `require` for a limited time, with a signed reason. Default: none.',
        examples: [['release']],
      }),
  }),
  about: ({ has }) => has.statements,
  compile: ({ override: written = [] }, _, signers) => ({
    /** Empty: no signer may override. */
    override: signersOf(written, signers),
  }),
  problems: null,
  selects: null,
  decides: 'how, by every rule',
  says: ({ override: allowed }) => allowed.map(describeSigner),
  alters: null,
  awaits: ({ override: allowed }) =>
    allowed.length === 0
      ? []
      : [`or an override by ${allowed.map(({ name }) => name).join(' or ')}`],
  note: null,
});
