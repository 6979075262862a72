import { approvalProblem, readOverride, type Place } from './approval';
import { holds } from './condition';
import { valueAt } from './json-pointer';
import { APPROVAL, OVERRIDE, type Condition, type Requirement } from './requirement';
import type { SignedBy } from './signers/signed-by';
import type { Signer } from './signers/signer';

/** A statement about the right subject, whose signatures have been verified. */
export interface VerifiedStatement extends SignedBy {
  readonly predicateType: string;
  readonly predicate: unknown;
}

export interface Verdict {
  /** By whom the statement counts. */
  readonly signer: Signer;
  /** What an override says. */
  readonly terms?: Terms;
}

export interface Terms {
  readonly expires: Date;
  readonly why: string;
}

/** How a statement of the right type meets a requirement; else why it does not: `by ci, which has no /x`. */
export function judge(
  { by, where }: Pick<Requirement, 'by' | 'where'>,
  { instead, predicate, predicateType, signers }: VerifiedStatement,
  place: Place,
  now: Date,
): Verdict | string {
  const signer = by.find((one) => signers.has(one));
  if (!signer) {
    const [other] = signers;
    return other ? `by ${other.name}, whom this rule does not ask for it` : instead;
  }
  const missed = where.find((condition) => !holds(condition, predicate));
  if (missed) return `by ${signer.name} ${describe(missed, predicate)}`;
  const told = predicateType === OVERRIDE ? readOverride(predicate, place, now) : undefined;
  const problem = predicateType === APPROVAL ? approvalProblem(predicate, place) : told;
  if (typeof problem === 'string') return `by ${signer.name} ${problem}`;
  return { signer, ...(typeof told === 'object' && { terms: told }) };
}

function describe({ pointer }: Condition, predicate: unknown): string {
  const value = valueAt(predicate, pointer);
  if (value === undefined) return `that has no ${pointer.text}`;
  const text = JSON.stringify(value);
  return `whose ${pointer.text} is ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`;
}
