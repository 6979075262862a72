import { stringify } from 'yaml';
import * as z from 'zod';
import { senselessKeys } from '../clauses';
import type { RuleKinds } from '../kind';
import { shapeWithin, type RulesSchema } from './schema';

/** Returns the keys of rules.yaml with what they mean, as Markdown lists. */
export function keysTable({ kinds, target, group, rule }: RulesSchema): string {
  const ofTargets = itemsWithin(target.shape);
  const ofRules = Object.entries(rule.shape).flatMap(([key, schema]) => [
    itemOf(key, schema, kindsOf(kinds, key)),
    ...itemsOf(shapeWithin(schema) ?? {}, `${key}.`),
  ]);
  return [
    '## Keys of a target',
    ofTargets.join('\n'),
    '## Keys of a group',
    itemsWithin(group.shape).join('\n'),
    '## Keys of a rule',
    ofRules.join('\n'),
  ].join('\n\n');
}

/** The keys, each followed by the keys within it. */
function itemsWithin(shape: z.ZodRawShape): string[] {
  return Object.entries(shape).flatMap(([key, schema]) => [
    itemOf(key, schema),
    ...itemsOf(shapeWithin(schema) ?? {}, `${key}.`),
  ]);
}

function itemsOf(shape: z.ZodRawShape, within = ''): string[] {
  return Object.entries(shape).map(([key, schema]) => itemOf(`${within}${key}`, schema));
}

const Documentation = z.object({
  description: z.string().optional(),
  examples: z.array(z.unknown()).optional(),
});

function itemOf(key: string, schema: unknown, kinds = ''): string {
  const documented = schema instanceof z.ZodType ? schema.meta() : undefined;
  const { description = '', examples: [example] = [] } = Documentation.parse(documented ?? {});
  const only = kinds === '' ? '' : ` (${kinds})`;
  const shown = example === undefined ? '' : ` Example: \`${yamlOf(example)}\``;
  return `- **\`${key}\`**${only}: ${description.replaceAll('*', String.raw`\*`)}${shown}`;
}

function yamlOf(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, singleQuote: true }).trim();
}

/** Returns the kinds that a key applies to, or an empty text for all. */
function kindsOf(kinds: RuleKinds, key: string): string {
  const all = Object.values(kinds);
  const about = all.filter((kind) =>
    senselessKeys(kinds, kind).every(([senseless]) => senseless !== key),
  );
  return about.length === all.length ? '' : about.map(({ name }) => `${name}s`).join(', ');
}
