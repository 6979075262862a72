import {
  approvalOf,
  namedAlone,
  readApproval,
  readOverride,
  type Override,
  type Place,
} from './approval';
import { holds, textsAt, identityProblem } from './condition';
import { valueAt, namesOf } from './pattern';
import { APPROVAL, OVERRIDE, STAGE, type Condition, type Requirement } from './requirement';
import type { SignedBy } from './signers/signed-by';
import type { Signer } from './signers/signer';
import { readPassed } from './stage';

/** A statement about the right subject, whose signatures have been verified. */
export interface VerifiedStatement extends SignedBy {
  readonly predicateType: string;
  readonly predicate: unknown;
  /** The image that a signature says it was made for. */
  readonly madeFor?: string;
}

export interface Evaluation {
  /** By whom the statement counts. */
  readonly signer: Signer;
  /** What an override says. */
  readonly terms?: Terms;
  /** Why it does not count for a release under this tag. Absent: it counts under every tag. */
  readonly problemUnder?: ProblemUnder;
}

type ProblemUnder = (tag: string) => string | undefined;

export type Terms = Pick<Override, 'expires' | 'why'>;

/** How a statement of the right type meets a requirement; else why it does not, whatever the tag: `by ci, which has no /x`. */
export function evaluateStatement(
  requirement: Pick<Requirement, 'by' | 'identity' | 'where' | 'waives'>,
  statement: VerifiedStatement,
  place: Place,
  now: Date,
): Evaluation | string {
  const { instead, predicate, predicateType, signers } = statement;
  const signer = requirement.by.find((one) => signers.has(one));
  if (!signer) {
    const [other] = signers;
    return other ? `by ${other.name}, whom this rule does not ask for it` : instead;
  }
  const by = (problem: string): string => `by ${signer.name} ${problem}`;
  const problem = identityProblem(requirement, statement.madeFor, namesOf(place.source));
  if (problem !== undefined) return by(problem);
  const found = requirement.where.map((condition) => meets(condition, predicate, place));
  const granted = grantOf(predicateType, predicate, { place, now, waives: requirement.waives });
  const evaluated = granted ? [...found, granted] : found;
  const failed = evaluated.find((one) => typeof one === 'string');
  if (failed !== undefined) return by(failed);
  const bound = evaluated.flatMap((one) =>
    typeof one === 'object' ? (one.problemUnder ?? []) : [],
  );
  return {
    signer,
    ...(typeof granted === 'object' && granted.terms && { terms: granted.terms }),
    ...(bound.length > 0 && { problemUnder: (tag) => firstProblem(bound, tag, by) }),
  };
}

/** How a part of a statement counts; text: why it does not. */
type Part = Omit<Evaluation, 'signer'> | string;

function meets(condition: Condition, predicate: unknown, { source }: Place): Part {
  const { patterns, pointer } = condition;
  // No more than these is kept: a predicate may be large.
  const texts = textsAt(predicate, pointer);
  if (!holds(condition, texts, namesOf(source))) return describe(condition, predicate);
  if (!patterns.some(({ names }) => names.has('tag'))) return {};
  const problem = describe(condition, predicate);
  return {
    problemUnder: (tag) => (holds(condition, texts, namesOf(source, tag)) ? undefined : problem),
  };
}

interface Granting extends Pick<Requirement, 'waives'> {
  readonly now: Date;
  readonly place: Place;
}

/** What an approval, a stage or an override says; undefined for other statements. */
function grantOf(
  predicateType: string,
  predicate: unknown,
  { now, place, waives }: Granting,
): Part | undefined {
  if (predicateType === STAGE) {
    const stage = readPassed(predicate, place);
    return typeof stage === 'string' ? stage : underTagOf(stage.tag, place);
  }
  if (predicateType === APPROVAL) {
    const approval = readApproval(predicate, place);
    return typeof approval === 'string' ? approval : underTagOf(approval.tag, place);
  }
  if (predicateType !== OVERRIDE) return undefined;
  const override = readOverride(predicate, place, now, waives);
  if (typeof override === 'string') return override;
  const { expires, tag, why } = override;
  return { ...underTagOf(tag, place), terms: { expires, why } };
}

function underTagOf(named: string, place: Place): Omit<Evaluation, 'signer'> {
  return {
    problemUnder: (tag) =>
      tag === named ? undefined : namedAlone(approvalOf({ ...place, tag: named })),
  };
}

function firstProblem(
  bound: readonly ProblemUnder[],
  tag: string,
  by: (problem: string) => string,
): string | undefined {
  for (const problemUnder of bound) {
    const problem = problemUnder(tag);
    if (problem !== undefined) return by(problem);
  }
  return undefined;
}

function describe({ pointer }: Condition, predicate: unknown): string {
  const value = valueAt(predicate, pointer);
  if (value === undefined) return `that has no ${pointer.text}`;
  const text = JSON.stringify(value);
  return `whose ${pointer.text} is ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`;
}
