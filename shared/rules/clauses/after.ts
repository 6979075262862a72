import * as z from 'zod';
import type { KeySigner } from '../../statements/signers/signer';
import { parseDuration } from '../../text/duration';
import { checked, defineClause, type Signers } from '../clause';
import { describeSigner, signersOf } from '../signers';

/** The stage that a rule waits for. */
export interface After {
  /** The name of the awaited rule. */
  readonly rule: string;
  /** As it is written: `24h`. */
  readonly soak: string;
  readonly soakMs: number;
  /** Who may say that the stage has passed. */
  readonly by: readonly KeySigner[];
}

const LONGEST_SOAK_DAYS = 90;
const DAY_MS = 86_400_000;

const AfterInput = z
  .strictObject({
    rule: z.string().meta({ description: 'The rule whose targets come first.' }),
    soak: checked(soakProblem).meta({
      description: `How long its targets must hold a release: 90s, 15m, 2h or 7d; ${LONGEST_SOAK_DAYS}d at most.`,
      examples: ['24h'],
    }),
    by: z
      .array(z.string())
      .min(1)
      .meta({
        description:
          'Names of signers with a `key`: the public half of the key of `promote`. Anyone who has the key can skip the soak.',
        examples: [['relay']],
      }),
  })
  .meta({ title: 'After' });

/** What comes first: a release goes on once every target of another rule has held it for a time. */
export const after = defineClause({
  keys: () => ({
    after: AfterInput.optional().meta({
      description:
        'Waits until every target of another rule has held a release for a time. The rule then has `name`, `after` and `targets`, and may have `require` and `override`; it is the awaited rule in all else. Targets of awaited rules are left out.',
      examples: [{ rule: 'canaries', soak: '24h', by: ['relay'] }],
    }),
  }),
  about: ({ has }) => has.statements,
  compile: ({ after: written }, _, signers) => ({
    /** Unset for a rule that waits for no other. */
    after: written && {
      rule: written.rule,
      soak: written.soak,
      soakMs: parseDuration(written.soak) ?? 0,
      by: keysOf(written.by, signers),
    },
  }),
  problems: null,
  selects: null,
  decides: 'how, by every rule',
  says: ({ after: stage }) => (stage ? [stage.rule, stage.soak, stage.by.map(describeSigner)] : []),
  alters: null,
  awaits: ({ after: stage }) => (stage ? [describeAfter(stage)] : []),
  note: null,
});

function describeAfter({ rule, soak, by }: After): string {
  const who = by.map(({ name }) => name).join(' or ');
  return `the targets of ${rule}, for ${soak}, confirmed by ${who}`;
}

/** Keyless signers are reported elsewhere. */
function keysOf(names: readonly string[], signers: Signers): readonly KeySigner[] {
  return signersOf(names, signers).filter((signer) => signer.kind === 'key');
}

function soakProblem(text: string): string | undefined {
  const soak = parseDuration(text);
  if (soak === undefined) return `"${text}" is not a duration: write 90s, 15m, 2h or 7d`;
  if (soak <= LONGEST_SOAK_DAYS * DAY_MS) return undefined;
  return `${text} is longer than ${LONGEST_SOAK_DAYS}d`;
}
