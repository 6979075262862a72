import { stringify } from 'yaml';
import * as z from 'zod';
import { senselessKeys } from '../clauses';
import type { RuleKinds } from '../kind';
import { shapeWithin, type RulesSchema } from './schema';

/** The tables of the keys of rules.yaml, for the documents (Markdown). */
export function keysTable({ kinds, target, rule }: RulesSchema): string {
  const ofTargets = rowsOf(target.shape);
  const ofRules = Object.entries(rule.shape).flatMap(([key, schema]) => [
    [...rowOf(key, schema), kindsOf(kinds, key)],
    ...rowsOf(shapeWithin(schema) ?? {}, `${key}.`).map((row) => [...row, '']),
  ]);
  return [
    table('A target', ['key', 'what it says'], ofTargets),
    table('A rule', ['key', 'what it says', 'about'], ofRules),
  ].join('\n\n');
}

function rowsOf(shape: z.ZodRawShape, within = ''): string[][] {
  return Object.entries(shape).map(([key, schema]) => rowOf(`${within}${key}`, schema));
}

const Documentation = z.object({
  description: z.string().optional(),
  examples: z.array(z.unknown()).optional(),
});

function rowOf(key: string, schema: unknown): string[] {
  const documented = schema instanceof z.ZodType ? schema.meta() : undefined;
  const { description = '', examples: [example] = [] } = Documentation.parse(documented ?? {});
  const shown = example === undefined ? '' : ` Such as \`${yamlOf(example)}\`.`;
  return [`\`${key}\``, `${description.replaceAll('*', String.raw`\*`)}${shown}`];
}

function yamlOf(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, singleQuote: true }).trim();
}

/** The kinds that a key says something about, where it is not all. */
function kindsOf(kinds: RuleKinds, key: string): string {
  const all = Object.values(kinds);
  const about = all.filter((kind) =>
    senselessKeys(kinds, kind).every(([senseless]) => senseless !== key),
  );
  return about.length === all.length ? '' : about.map(({ name }) => `${name}s`).join(', ');
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, head.map(() => '---'), ...rows];
  const cells = lines.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')).join(' | '));
  return [`## ${title}`, '', ...cells.map((row) => `| ${row} |`)].join('\n');
}
