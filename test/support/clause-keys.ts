import * as z from 'zod';
import { RULE_KINDS } from '../../shared/kinds/rules';
import { clauses } from '../../shared/rules/clauses';

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
