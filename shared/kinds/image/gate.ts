import { all } from '../../async/together';
import { HeldError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import type { Halts, KnownHalts } from '../../statements/halt';
import {
  isWaitingForStage,
  missingOf,
  unenforcedOf,
  type Proof,
  type StatementBy,
} from '../../statements/proof';
import type { KeySigner } from '../../statements/signers/signer';
import type { Clock } from '../../system/clock';
import { oneLine } from '../../text/untrusted';
import type { Copying, HaltCheck } from './copy-context';

/** What was proven about digests of the source, when it was last asked. */
type Proofs = Map<Digest, Proof>;

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
 * Whether what the source's tag holds may go out. Asked again each time: before the first byte of a digest is sent, in every
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
    : new HeldError('unproven', `${name} does not meet its requirements: ${missing}`);
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

/**
 * Returns the check of one copy: it lists the statements of a digest each time, and reads each of them once. Undefined where no
 * halts count.
 */
export function createHaltCheck(
  by: readonly KeySigner[],
  clock: Pick<Clock, 'now'>,
): HaltCheck | undefined {
  if (by.length === 0) return undefined;
  const known = new Map<Digest, KnownHalts>();
  return async (source, subject) => {
    // The code that reads statements costs no cold start.
    const { readHalts } = await import('../../statements/halt.js');
    const seen: KnownHalts = known.get(subject) ?? new Map<Digest, undefined>();
    known.set(subject, seen);
    const now = new Date(clock.now());
    const halts = await readHalts({ source, subject, by, now, known: seen });
    const held = whyHalted(referenceTo(source, subject), halts);
    if (held) throw held;
  };
}

/**
 * Asks whether a digest is halted before each attempt to write its tag, except the first: that one follows a read of its own.
 * Undefined where no halts count.
 */
export function haltsBeforeRetries(
  { halts, source }: Copying,
  subject: Digest,
): (() => Promise<void>) | undefined {
  let isFirst = true;
  return (
    halts &&
    (async () => {
      if (!isFirst) await halts(source, subject);
      isFirst = false;
    })
  );
}

/** Why what has this name is not released: it is halted, or whether it is cannot be known. Undefined if no halt applies. */
export function whyHalted(name: string, { halts, unreadable }: Halts): HeldError | undefined {
  const [halt] = halts;
  if (halt) {
    const { by, statement, time, why } = halt;
    const reason = oneLine(why === '' ? 'no reason given' : why);
    const text = `${name} is halted by ${by} since ${oneLine(time)}: ${reason} (${statement})`;
    return new HeldError('halted', text);
  }
  if (unreadable === undefined) return undefined;
  return new HeldError('halts-unreadable', `whether ${name} is halted is unknown: ${unreadable}`);
}
