import * as z from 'zod';
import { createRulesParser, createRulesSchema, keysTable } from '../rules/parse/parse';
import { KINDS } from './kinds';
import { references } from './references';

export { formatProblem, InvalidRulesError, type Problem } from '../rules/parse/parse';

/** What may stand in rules.yaml. */
export const rulesSchema = createRulesSchema(KINDS);

/** Reads and compiles rules.yaml: see {@link createRulesParser}. */
export const parseRules = createRulesParser(rulesSchema, references);

/** The JSON schema of rules.yaml, for editors. */
export function rulesJsonSchema(): unknown {
  return z.toJSONSchema(rulesSchema.file, { io: 'input', target: 'draft-7' });
}

/** The keys of rules.yaml, for the documents (Markdown). */
export function rulesKeysTable(): string {
  return keysTable(rulesSchema);
}
