import * as z from 'zod';
import { KINDS } from '../../shared/kinds/kinds';
import type { KindName } from '../../shared/rules/artifact';
import type { Decision } from '../../shared/rules/clause';
import { clauses, type ClauseFields } from '../../shared/rules/clauses';

/** Some keys of a rule. */
export type Written = Readonly<Record<string, unknown>>;

/** A key of a clause, and a kind that it says something about. */
export type ClauseKey = (typeof clauseKeys)[number];

/** Every key of every clause, with each kind that it is about. A rule with `after` has no source of its own: see stages.test.ts. */
export const clauseKeys = keysOf(clauses.filter(({ name }) => name !== 'after'));

function keysOf(some: typeof clauses) {
  return some.flatMap((clause) =>
    Object.entries(clause.keys(KINDS)).flatMap(([key, schema]) =>
      Object.values(KINDS)
        .filter((kind) => clause.about(kind, key, KINDS) === true)
        .map((kind) => ({ clause, key, schema, kind: kind.name })),
    ),
  );
}

const Meta = z.object({
  description: z.string().default(''),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).default([]),
});

/** What is written with the examples of a key that are right for its kind. @throws {Error} where there is none. */
export function rightExamples(
  { key, schema, kind }: ClauseKey,
  isRight: (written: Written) => boolean,
): [Written, ...Written[]] {
  const { examples } = Meta.parse((schema instanceof z.ZodType && schema.meta()) || {});
  const [first, ...others] = examples.map((example) => ({ [key]: example })).filter(isRight);
  if (first === undefined)
    throw new Error(`no example of \`${key}\` is right for a rule about ${kind}s`);
  return [first, ...others];
}

/** What users are told of a key. */
interface ToldOfKey {
  /** The kinds that it says something about. */
  readonly kinds: readonly KindName[];
  readonly decides: Decision;
  /**
   * What editors and docs/rules.md are told badly about it, and about the keys within it: one that is not explained in a
   * sentence, an example that is refused or changes nothing, a default that is another than what holds.
   */
  readonly badly: readonly string[];
}

/** @throws {Error} where no clause has the key. */
export function toldOfKey(key: string): ToldOfKey {
  const rows = keysOf(clauses).filter((row) => row.key === key);
  const [first] = rows;
  if (!(first?.schema instanceof z.ZodType)) throw new Error(`no clause has the key \`${key}\``);
  const kinds = rows.map(({ kind }) => kind);
  return { kinds, decides: first.clause.decides, badly: toldBadly(key, first.schema, rows) };
}

function toldBadly(key: string, schema: z.ZodType, rows: readonly ClauseKey[]): string[] {
  const { default: byDefault, examples } = Meta.parse(schema.meta() ?? {});
  return [
    ...(examples.length === 0 ? [`${key} has no example`] : []),
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
  const beside = { at: sourceOf(kind) };
  const problems = clause.problems?.({ [key]: example }, KINDS[kind], beside) ?? [];
  return problems.length === 0 && said(row, example) !== said(row);
}

/** What a rule says by a key of a clause, as text; where it is not written, by default. */
function said({ clause, key, kind }: ClauseKey, written?: unknown): string {
  const input = { source: sourceOf(kind), [key]: written };
  // Of all fields it says its own.
  const fields = clause.compile(input, KINDS[kind], new Map()) as ClauseFields;
  return JSON.stringify(clause.says(fields));
}

function sourceOf(kind: KindName): string {
  return KINDS[kind].place.examples[0] ?? '';
}

function problemsWithin(path: string, schema: z.ZodType): string[] {
  const { description, examples } = Meta.parse(schema.meta() ?? {});
  const object = objectWithin(schema);
  return [
    ...(/^\S.*\.$/.test(description) ? [] : [`${path} is not explained in a sentence`]),
    ...examples
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
