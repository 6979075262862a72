import type { RuleRequirements } from '../statements/requirement';
import type { Rule } from './rules';

/** What rules require, for whoever asks what is proven. */
export function requirementsOf(rules: readonly Rule[]): RuleRequirements[] {
  return rules.map(({ name, require: requirements, override }) => ({
    rule: name,
    requirements,
    override,
  }));
}
