import * as z from 'zod';
import { keysTable } from '../rules/parse/keys-table';
import { rulesSchema } from './rules';

/** The JSON schema of rules.yaml, for editors. */
export function rulesJsonSchema(): unknown {
  return z.toJSONSchema(rulesSchema.file, { io: 'input', target: 'draft-7' });
}

/** What may stand in rules.yaml, key by key, for the documents (Markdown). */
export function rulesKeysTable(): string {
  return keysTable(rulesSchema);
}
