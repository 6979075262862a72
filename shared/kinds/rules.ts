import type { RuleKinds } from '../rules/kind';
import { createRulesParser } from '../rules/parse/parse';
import { createRulesSchema } from '../rules/parse/schema';
import { imageRules } from './image/rule';
import { references } from './references';
import { objectRules } from './object/rule';
import { templateRules } from './template/rule';

export { formatProblem, InvalidRulesError, type Problem } from '../rules/parse/problems';

/** What each kind answers when rules are read and asked. */
export const RULE_KINDS: RuleKinds = {
  image: imageRules,
  template: templateRules,
  object: objectRules,
};

/** What may stand in rules.yaml. */
export const rulesSchema = createRulesSchema(RULE_KINDS);

/** Reads and compiles rules.yaml: see {@link createRulesParser}. */
export const parseRules = createRulesParser(rulesSchema, references);
