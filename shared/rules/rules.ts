import { STAGE, type RuleRequirements } from '../statements/requirement';
import type { KeySigner, Signer } from '../statements/signers/signer';
import type { KindName, Place, References } from './artifact';
import type { ClauseFields } from './clauses';
import type { Places } from './kind';
import type { PauseWindow } from './pauses';

export type { TagClauses, TagEvaluation } from './clauses/tags';

/** One customer. It takes the kinds of artifact that it has a place for. */
export interface Target extends Places {
  readonly name: string;
  /** The customer's service account to act as. */
  readonly impersonate?: string;
  /** The account that `promote` reads as. Unset: its own. */
  readonly reader?: string;
  /** When its jobs are acknowledged without copying, by their beginning; `pauseOf` answers for a moment. */
  readonly pauses: readonly PauseWindow[];
  /** What is released there gets a receipt. */
  readonly receipts: boolean;
}

/** What the operator decided, compiled: globs and ranges are functions. Only parseRules makes one. */
export type Rule = ClauseFields & {
  readonly name: string;
  /** In the order of the rule, groups expanded, without duplicates. Each has a place for the rule's kind. */
  readonly targets: readonly Target[];
  /** The names of targets and groups under `targets`, as the rule has them. */
  readonly listed: readonly string[];
};

/** A rule, with its position in the file. */
export interface Entry {
  readonly index: number;
  readonly rule: Rule;
}

/** A rule about artifacts of a kind. */
export type RuleOf<K extends KindName> = Rule & { readonly kind: K; readonly source: Place<K> };

/** Rules that are asked together about an artifact. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /** What is asked about an artifact before a rule is known. */
  readonly references: References;
}

export interface Rules extends RuleSet {
  readonly targets: readonly Target[];
  /** All signers whose statements rules may require. */
  readonly signers: readonly Signer[];
  /** Whose halts of images count. Empty: none, and nothing asks for them. */
  readonly halts: readonly KeySigner[];
  /** Names for several targets. */
  readonly groups: ReadonlyMap<string, readonly Target[]>;
}

/** Whether a rule requires statements, of a stage or others. */
export function isDemanding({ after, require: required }: Rule): boolean {
  return after !== undefined || required.length > 0;
}

/** What rules require, to ask what is verified. */
export function requirementsOf(rules: readonly Rule[]): RuleRequirements[] {
  return rules.map((rule) => {
    const [stage] = stagesOf([rule]);
    const requirements = [...(stage?.requirements ?? []), ...rule.require];
    return { rule: rule.name, requirements, override: rule.override };
  });
}

/** The stages alone that rules wait for. */
export function stagesOf(rules: readonly Rule[]): RuleRequirements[] {
  return rules.flatMap(({ after, name, override }) => {
    if (!after) return [];
    const passed = { statement: STAGE, by: after.by, identity: [], where: [], enforce: true };
    return [{ rule: name, requirements: [passed], override }];
  });
}
