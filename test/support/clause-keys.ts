import * as z from 'zod';
import { RULE_KINDS } from '../../shared/kinds/rules';
import { clauses, type ClauseFields } from '../../shared/rules/clauses';

/** Some keys of a rule. */
export type Written = Readonly<Record<string, unknown>>;

/** A key of a clause, and a kind that it says something about. */
export type ClauseKey = (typeof clauseKeys)[number];

/** Every key of every clause, with each kind that it is about. */
export const clauseKeys = clauses.flatMap((clause) =>
  Object.entries(clause.keys(RULE_KINDS)).flatMap(([key, schema]) =>
    Object.values(RULE_KINDS)
      .filter((kind) => clause.about(kind, key, RULE_KINDS) === true)
      .map((kind) => ({ clause, key, schema, kind: kind.name })),
  ),
);

/** What is written with the examples of a key that are right for its kind. @throws {Error} where there is none. */
export function rightExamples(
  { key, schema, kind }: ClauseKey,
  isRight: (written: Written) => boolean,
): [Written, ...Written[]] {
  const { examples } = z
    .object({ examples: z.array(z.unknown()) })
    .parse(schema instanceof z.ZodType ? schema.meta() : {});
  const [first, ...others] = examples.map((example) => ({ [key]: example })).filter(isRight);
  if (first === undefined)
    throw new Error(`no example of \`${key}\` is right for a rule about ${kind}s`);
  return [first, ...others];
}

/**
 * What editors and docs/rules.md would be told badly about a key, and about the keys within it: one that is not explained in a
 * sentence, an example that is refused or changes nothing, a default that is another than what holds.
 */
export function documentationProblems(key: string): string[] {
  const rows = clauseKeys.filter((row) => row.key === key);
  const schema = rows[0]?.schema;
  if (!(schema instanceof z.ZodType)) return [`there is no key ${key}`];
  const { default: byDefault, examples = [] } = schema.meta() ?? {};
  if (!Array.isArray(examples) || examples.length === 0) return [`${key} has no example`];
  return [
    ...problemsWithin(key, schema),
    ...examples
      .filter((example) => !rows.some((row) => isRightChange(row, example)))
      .map((example) => `${key} has an example that changes nothing: ${JSON.stringify(example)}`),
    ...rows
      .filter((row) => byDefault !== undefined && said(row, byDefault) !== said(row))
      .map(({ kind }) => `${key} has another default for ${kind}s`),
  ];
}

function isRightChange(row: ClauseKey, example: unknown): boolean {
  const { clause, key, kind } = row;
  const problems = clause.problems?.({ [key]: example }, RULE_KINDS[kind], { at: '' }) ?? [];
  return problems.length === 0 && said(row, example) !== said(row);
}

/** What a rule says by a key of a clause, as text; where it is not written, by default. */
function said({ clause, key, kind }: ClauseKey, written?: unknown): string {
  // A rule has a source always; no other clause reads it.
  const input = { source: '', [key]: written };
  // Of all fields it says its own.
  const fields = clause.compile(input, RULE_KINDS[kind], new Map()) as ClauseFields;
  return JSON.stringify(clause.says(fields));
}

function problemsWithin(path: string, schema: z.ZodType): string[] {
  const { description = '', examples = [] } = schema.meta() ?? {};
  const object = objectWithin(schema);
  return [
    ...(/^\S.*\.$/.test(description) ? [] : [`${path} is not explained in a sentence`]),
    ...(examples as unknown[])
      .filter((example) => !schema.safeParse(example).success)
      .map((example) => `${path} has an example that is refused: ${JSON.stringify(example)}`),
    ...(object === undefined || object.meta()?.title ? [] : [`what is in ${path} has no title`]),
    ...Object.entries(object?.shape ?? {}).flatMap(([name, inner]) =>
      inner instanceof z.ZodType ? problemsWithin(`${path}.${name}`, inner) : [],
    ),
  ];
}

function objectWithin(schema: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodOptional) return objectWithin(schema.unwrap());
  if (schema instanceof z.ZodArray) return objectWithin(schema.element);
  return schema instanceof z.ZodObject ? schema : undefined;
}
