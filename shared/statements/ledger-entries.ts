import type { MetRequirement, MissingRequirement, Override, RuleProof } from './proof';
import { isOfType, OVERRIDE, type Requirement, type RuleRequirements } from './requirement';
import type { Terms } from './verdict';

/** One requirement of one rule, and what was found for it. The override of a rule counts as one more requirement. */
export interface Entry {
  readonly rule: string;
  readonly requirement: Requirement;
  met?: MetRequirement;
  /** What the override that met it says. */
  terms?: Terms | undefined;
  /** What was found instead. */
  readonly found: Set<string>;
}

/** How many of these findings are told. */
const MAX_FOUND = 8;

export function entriesOf({ override, requirements, rule }: RuleRequirements): readonly Entry[] {
  const overriding: Requirement = { statement: OVERRIDE, by: override, where: [], enforce: false };
  const all = override.length > 0 ? [...requirements, overriding] : requirements;
  return all.map((requirement) => ({ rule, requirement, found: new Set<string>() }));
}

export function isOverride({ requirement }: Entry): boolean {
  return requirement.statement === OVERRIDE;
}

/** Those that a statement of this type may meet; all, for a statement that does not tell its type. */
export function concerning(
  entries: readonly Entry[],
  predicateType: string | undefined,
): readonly Entry[] {
  if (predicateType === undefined) return entries;
  return entries.filter(({ requirement }) => isOfType(requirement.statement, predicateType));
}

/** Whether something that the rule enforces is missing. */
export function lacks(entries: readonly Entry[], rule: string): boolean {
  return entries.some((one) => one.rule === rule && one.requirement.enforce && !one.met);
}

/** What is proven for a rule. `beside` is told with each requirement that is missing. */
export function proofOf(
  rule: string,
  entries: readonly Entry[],
  beside: readonly string[],
): RuleProof {
  const own = entries.filter((entry) => entry.rule === rule);
  const overriding = own.find(isOverride);
  const isLacking = lacks(own, rule);
  const override = isLacking && overriding ? overrideOf(overriding) : undefined;
  return {
    rule,
    proven: !isLacking || override !== undefined,
    requirements: own
      .filter((entry) => !isOverride(entry))
      .map((entry) => entry.met ?? missing(entry, overriding, beside)),
    ...(override && { override }),
  };
}

function overrideOf({ met, terms }: Entry): Override | undefined {
  if (!met || !terms) return undefined;
  const { by, predicateType, statement } = met;
  return { statement, predicateType, by, ...terms };
}

function missing(
  { found, requirement }: Entry,
  overriding: Entry | undefined,
  beside: readonly string[],
): MissingRequirement {
  const own = [...found, ...(requirement.enforce ? (overriding?.found ?? []) : [])];
  const more = own.length > MAX_FOUND ? [`${own.length - MAX_FOUND} more`] : [];
  return { met: false, requirement, found: [...own.slice(0, MAX_FOUND), ...more, ...beside] };
}
