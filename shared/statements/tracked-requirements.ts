import type { Digest } from '../oci/digest';
import { brief } from '../text/untrusted';
import type { MetRequirement, MissingRequirement, Override, RuleProof } from './proof';
import {
  isOfType,
  nameOfType,
  OVERRIDE,
  type Requirement,
  STAGE,
  type RuleRequirements,
  type Waiver,
} from './requirement';
import type { Evaluation } from './evaluation';

/** One requirement of one rule, and what was found for it. Each override of a rule counts as one more requirement. */
export interface Entry {
  readonly rule: string;
  readonly requirement: Requirement;
  readonly findings: Finding[];
  /** Something found meets it, whatever else is found, for every tag that is asked about. */
  isDecided: boolean;
}

/** What one statement means to a requirement; as text why it does not meet it. */
export interface Finding {
  readonly statement: Digest;
  readonly predicateType: string;
  readonly evaluation: Evaluation | string;
}

/** A release tag; undefined: any. */
export type Tag = string | undefined;

/** Limit on reported findings. */
const MAX_FOUND = 8;

export function entriesOf({ override, requirements, rule }: RuleRequirements): readonly Entry[] {
  const waivers = override.length > 0 ? new Set(requirements.map(waiverOf)) : [];
  const overriding = [...waivers].map((waives): Requirement => {
    return { statement: OVERRIDE, by: override, identity: [], where: [], enforce: false, waives };
  });
  return [...requirements, ...overriding].map((requirement) => {
    return { rule, requirement, findings: [], isDecided: false };
  });
}

/** What an override has to waive where this is missing. */
function waiverOf({ statement }: Requirement): Waiver {
  return statement === STAGE ? 'stage' : 'requirements';
}

export function isOverride({ requirement }: Entry): boolean {
  return requirement.statement === OVERRIDE;
}

/** Returns the requirements that a statement of this type may meet; all if the type is unknown. */
export function entriesOfType(
  entries: readonly Entry[],
  predicateType: string | undefined,
): readonly Entry[] {
  if (predicateType === undefined) return entries;
  return entries.filter(({ requirement }) => isOfType(requirement.statement, predicateType));
}

/** Adds what a statement means to a requirement. `asked`: the only tag that is asked about. */
export function enter(entry: Entry, finding: Finding, asked: Tag): void {
  const { evaluation } = finding;
  entry.findings.push(finding);
  if (typeof evaluation === 'string') return;
  const problemUnder = evaluation.problemUnder ?? (() => undefined);
  const counts = asked === undefined ? !evaluation.problemUnder : problemUnder(asked) === undefined;
  if (counts) entry.isDecided = true;
}

/** Why a finding does not meet its requirement for a release under a tag; undefined: it does. */
export function problemOf({ evaluation }: Finding, tag: Tag): string | undefined {
  if (typeof evaluation === 'string') return evaluation;
  return tag === undefined ? undefined : evaluation.problemUnder?.(tag);
}

/** Whether something that an override waives, and that its rule enforces, may be missing. */
export function mayNeed(entries: readonly Entry[], override: Entry): boolean {
  return entries.some(
    (one) => isWaivedBy(one, override) && one.requirement.enforce && !one.isDecided,
  );
}

function isWaivedBy({ requirement, rule }: Entry, override: Entry): boolean {
  const { waives } = override.requirement;
  return rule === override.rule && waives === waiverOf(requirement) && isOverride(override);
}

/** Returns what is verified for a rule. `others` is reported with each missing requirement. */
export function proofOf(
  rule: string,
  entries: readonly Entry[],
  { others, tag }: { readonly others: readonly string[]; readonly tag: Tag },
): RuleProof {
  const own = entries.filter((entry) => entry.rule === rule);
  const overrides = new Map<Digest, Override>();
  let proven = true;
  const requirements = own
    .filter((entry) => !isOverride(entry))
    .map((entry) => {
      const { requirement } = entry;
      const met = metBy(entry, tag);
      if (met) return meeting(requirement, met);
      const overriding = requirement.enforce
        ? own.find((one) => isWaivedBy(entry, one))
        : undefined;
      const waived = overriding && metBy(overriding, tag);
      if (waived?.evaluation.terms) {
        overrides.set(waived.statement, { ...statedBy(waived), ...waived.evaluation.terms });
      } else if (requirement.enforce) proven = false;
      return { ...missing(entry, { overriding, others, tag }), ...(waived && { waived: true }) };
    });
  return {
    rule,
    proven,
    requirements,
    ...(overrides.size > 0 && { overrides: [...overrides.values()] }),
  };
}

/** A finding that meets its requirement. */
interface Met extends Finding {
  readonly evaluation: Evaluation;
}

function metBy({ findings }: Entry, tag: Tag): Met | undefined {
  return findings.find((one): one is Met => problemOf(one, tag) === undefined);
}

function meeting(requirement: Requirement, met: Met): MetRequirement {
  return { met: true, requirement, ...statedBy(met) };
}

function statedBy({ predicateType, statement, evaluation }: Met) {
  return { statement, predicateType, by: evaluation.signer.name };
}

function missing(
  entry: Entry,
  {
    others,
    overriding,
    tag,
  }: {
    readonly overriding: Entry | undefined;
    readonly others: readonly string[];
    readonly tag: Tag;
  },
): MissingRequirement {
  const { requirement } = entry;
  const all = overriding ? [entry, overriding] : [entry];
  const found = [...new Set(all.flatMap((one) => foundFor(one, tag)))];
  const more = found.length > MAX_FOUND ? [`${found.length - MAX_FOUND} more`] : [];
  return { met: false, requirement, found: [...found.slice(0, MAX_FOUND), ...more, ...others] };
}

function foundFor({ findings }: Entry, tag: Tag): readonly string[] {
  return findings.flatMap((one) => {
    const problem = problemOf(one, tag);
    return problem === undefined ? [] : [brief(`${nameOfType(one.predicateType)} ${problem}`)];
  });
}
