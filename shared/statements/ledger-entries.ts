import type { Digest } from '../oci/digest';
import { brief } from '../text/brief';
import type { MetRequirement, MissingRequirement, Override, RuleProof } from './proof';
import {
  isOfType,
  nameOfType,
  OVERRIDE,
  type Requirement,
  type RuleRequirements,
} from './requirement';
import type { Verdict } from './verdict';

/** One requirement of one rule, and what was found for it. The override of a rule counts as one more requirement. */
export interface Entry {
  readonly rule: string;
  readonly requirement: Requirement;
  readonly findings: Finding[];
  /** Something found meets it, whatever else is found, for every tag that the ledger is asked about. */
  isDecided: boolean;
}

/** What one statement means to a requirement; as text why it does not meet it. */
export interface Finding {
  readonly statement: Digest;
  readonly predicateType: string;
  readonly verdict: Verdict | string;
}

/** A release tag; undefined: any. */
export type Tag = string | undefined;

/** Limit on reported findings. */
const MAX_FOUND = 8;

export function entriesOf({ override, requirements, rule }: RuleRequirements): readonly Entry[] {
  const overriding: Requirement = {
    statement: OVERRIDE,
    by: override,
    identity: [],
    where: [],
    enforce: false,
  };
  const all = override.length > 0 ? [...requirements, overriding] : requirements;
  return all.map((requirement) => ({ rule, requirement, findings: [], isDecided: false }));
}

export function isOverride({ requirement }: Entry): boolean {
  return requirement.statement === OVERRIDE;
}

/** Returns the requirements that a statement of this type may meet; all of them if its type is unknown. */
export function concerning(
  entries: readonly Entry[],
  predicateType: string | undefined,
): readonly Entry[] {
  if (predicateType === undefined) return entries;
  return entries.filter(({ requirement }) => isOfType(requirement.statement, predicateType));
}

/** Adds what a statement means to a requirement. `asked`: the only tag that the ledger is asked about. */
export function enter(entry: Entry, finding: Finding, asked: Tag): void {
  const { verdict } = finding;
  entry.findings.push(finding);
  if (typeof verdict === 'string') return;
  const problemUnder = verdict.problemUnder ?? (() => undefined);
  const counts = asked === undefined ? !verdict.problemUnder : problemUnder(asked) === undefined;
  if (counts) entry.isDecided = true;
}

/** Why a finding does not meet its requirement for a release under a tag; undefined: it does. */
export function problemOf({ verdict }: Finding, tag: Tag): string | undefined {
  if (typeof verdict === 'string') return verdict;
  return tag === undefined ? undefined : verdict.problemUnder?.(tag);
}

/** Whether something that the rule enforces may be missing. */
export function mayLack(entries: readonly Entry[], rule: string): boolean {
  return entries.some((one) => one.rule === rule && one.requirement.enforce && !one.isDecided);
}

/** Returns what is verified for a rule. `beside` is reported with each missing requirement. */
export function proofOf(
  rule: string,
  entries: readonly Entry[],
  { beside, tag }: { readonly beside: readonly string[]; readonly tag: Tag },
): RuleProof {
  const own = entries
    .filter((entry) => entry.rule === rule)
    .map((entry) => ({ entry, met: metBy(entry, tag) }));
  const required = own.filter(({ entry }) => !isOverride(entry));
  const isLacking = required.some(({ entry, met }) => entry.requirement.enforce && !met);
  const overriding = own.find(({ entry }) => isOverride(entry));
  const override = isLacking && overriding?.met ? overrideOf(overriding.met) : undefined;
  return {
    rule,
    proven: !isLacking || override !== undefined,
    requirements: required.map(({ entry, met }) =>
      met
        ? meeting(entry.requirement, met)
        : missing(entry, { overriding: overriding?.entry, beside, tag }),
    ),
    override,
  };
}

/** A finding that meets its requirement. */
interface Met extends Finding {
  readonly verdict: Verdict;
}

function metBy({ findings }: Entry, tag: Tag): Met | undefined {
  return findings.find((one): one is Met => problemOf(one, tag) === undefined);
}

function meeting(requirement: Requirement, met: Met): MetRequirement {
  return { met: true, requirement, ...statedBy(met) };
}

function overrideOf(met: Met): Override | undefined {
  const { terms } = met.verdict;
  return terms && { ...statedBy(met), ...terms };
}

function statedBy({ predicateType, statement, verdict }: Met) {
  return { statement, predicateType, by: verdict.signer.name };
}

function missing(
  entry: Entry,
  {
    beside,
    overriding,
    tag,
  }: {
    readonly overriding: Entry | undefined;
    readonly beside: readonly string[];
    readonly tag: Tag;
  },
): MissingRequirement {
  const { requirement } = entry;
  const all = [entry, ...(requirement.enforce && overriding ? [overriding] : [])];
  const found = [...new Set(all.flatMap((one) => foundFor(one, tag)))];
  const more = found.length > MAX_FOUND ? [`${found.length - MAX_FOUND} more`] : [];
  return { met: false, requirement, found: [...found.slice(0, MAX_FOUND), ...more, ...beside] };
}

function foundFor({ findings }: Entry, tag: Tag): readonly string[] {
  return findings.flatMap((one) => {
    const problem = problemOf(one, tag);
    return problem === undefined ? [] : [brief(`${nameOfType(one.predicateType)} ${problem}`)];
  });
}
