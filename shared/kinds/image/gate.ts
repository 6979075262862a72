import { all } from '../../async/together';
import { HeldError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import {
  isWaitingForStage,
  missingOf,
  unenforcedOf,
  type Proof,
  type StatementBy,
} from '../../statements/proof';
import type { Copying } from './copy-context';

/** What was proven about digests of the source, when it was last asked. */
export type Proofs = Map<Digest, Proof>;

/** On what a digest was released: plain data, for logs and receipts. */
export interface ReleasedOn {
  readonly statements: readonly (StatementBy & { readonly rule: string })[];
  /** Who overrode a requirement that was not met. */
  readonly overrides?: readonly OverrideOf[];
  /** What is missing, and would have held it back if that were enforced. */
  readonly unproven?: readonly string[];
}

interface OverrideOf extends StatementBy {
  readonly rule: string;
  readonly why: string;
  /** ISO 8601. */
  readonly expires: string;
}

/**
 * Whether what the source's tag holds may go out, asked anew each time: before the first byte of a digest is sent, in every
 * round. `subject` is the source's own digest, which with platforms is that of the whole index.
 *
 * @throws {HeldError} when it is halted or not proven.
 */
export async function askGate(
  { gate, halts, source }: Copying,
  subject: Digest,
  proofs: Proofs,
): Promise<void> {
  const [, proof] = await all([halts?.(source, subject), gate?.(source, subject)]);
  if (proof === undefined) return;
  const why = whyHeld(referenceTo(source, subject), proof);
  if (why) throw why;
  proofs.set(subject, proof);
}

/** Why what has this name is not released yet; undefined where it is proven. */
export function whyHeld(name: string, proof: Proof): HeldError | undefined {
  if (proof.proven) return undefined;
  const missing = missingOf(proof).join('; ');
  return isWaitingForStage(proof)
    ? new HeldError('stage-not-passed', `${name} waits for an earlier stage: ${missing}`)
    : new HeldError('unproven', `${name} is not proven: ${missing}`);
}

/** The proof in short. */
export function releasedOn(proof: Proof): ReleasedOn {
  const { rules } = proof;
  const statements = rules.flatMap(({ rule, requirements }) =>
    requirements.flatMap((one) => (one.met ? [{ rule, ...plain(one) }] : [])),
  );
  const overrides = rules.flatMap(({ rule, overrides: some = [] }) =>
    some.map((one) => ({
      rule,
      ...plain(one),
      why: one.why,
      expires: one.expires.toISOString(),
    })),
  );
  const unproven = unenforcedOf(proof);
  return {
    statements,
    ...(overrides.length > 0 && { overrides }),
    ...(unproven.length > 0 && { unproven }),
  };
}

/** What a person should know of it. */
export function notesOn({ overrides = [], unproven = [] }: ReleasedOn): string[] {
  return [
    ...overrides.map(
      ({ rule, by, expires, why }) =>
        `not proven: ${by} lets it pass the rule "${rule}" until ${expires} (${why})`,
    ),
    ...unproven.map((missing) => `would be held if it were enforced: ${missing}`),
  ];
}

function plain({ statement, predicateType, by }: StatementBy): StatementBy {
  return { statement, predicateType, by };
}
