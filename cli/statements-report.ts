import type { Halt, Halts } from '../shared/statements/halt';
import type {
  MissingRequirement,
  Proof,
  RuleProof,
  SeenStatement,
} from '../shared/statements/proof';
import { nameOfType } from '../shared/statements/requirement';
import { formatTable, type Cell } from '../shared/text/table';
import { wrapped } from '../shared/text/wrapped';
import { painted, type Paint, type Style } from './terminal';

const SHOWN_DIGEST = 'sha256:'.length + 12;

/** A line for each statement, then what each rule makes of them. */
export function describeStatements(
  reference: string,
  { rules, seen }: Proof,
  { paint, width }: Style,
): string {
  const columns = ['STATEMENT', 'SIGNED BY', 'SATISFIES', 'ATTACHED AS'].map((name) => ({ name }));
  const rows = seen.map((one): Cell[] => [
    one.predicateType === undefined ? '?' : nameOfType(one.predicateType),
    one.by.join('\n'),
    verdictOn(one, paint),
    one.statement.slice(0, SHOWN_DIGEST),
  ]);
  return [
    wrapped(painted(paint, 'bold', reference), { width }),
    ...(rows.length > 0 ? [formatTable({ columns, rows, width })] : ['no statements are attached']),
    '',
    ...rules.flatMap((rule) => describeRule(rule, { paint, width })),
    ...(rules.length === 0 ? ['no rule that releases it requires anything'] : []),
    '',
  ].join('\n');
}

/** A line for each halt. */
export function describeHalts(
  { halts, lifted, unreadable }: Halts,
  { paint, width }: Style,
): string {
  const textOf = ({ by, statement, time, why }: Halt): string =>
    `by ${by} since ${time}: ${why} (${statement.slice(0, SHOWN_DIGEST)})`;
  const lines = [
    ...halts.map((one) => painted(paint, 'red', `halted ${textOf(one)}`)),
    ...lifted.map((one) => painted(paint, 'dim', `halt lifted: ${textOf(one)}`)),
    ...(unreadable === undefined
      ? []
      : [painted(paint, 'red', `held, because its halts cannot be read: ${unreadable}`)]),
  ];
  return lines.map((line) => `${wrapped(line, { width })}\n`).join('');
}

function verdictOn({ meets, problem }: SeenStatement, paint: Paint): Cell {
  if (meets.length > 0) {
    const text = meets.map(({ rule, statement }) => `${rule}: ${nameOfType(statement)}`).join('\n');
    return painted(paint, 'green', text);
  }
  const text = problem === undefined ? 'nothing asks for it' : `no: ${problem}`;
  return painted(paint, problem === undefined ? 'dim' : 'yellow', text);
}

function describeRule(
  { overrides = [], proven, requirements, rule }: RuleProof,
  { paint, width }: Style,
): string[] {
  const verdict = proven
    ? painted(paint, 'green', 'releases it')
    : painted(paint, 'red', 'holds it');
  const lines = requirements.map((one): Cell[] => {
    const { by, enforce, statement } = one.requirement;
    const asked = `${nameOfType(statement)} by ${by.map(({ name }) => name).join(' or ')}`;
    if (one.met) return [painted(paint, 'green', '+'), ` ${asked}: by ${one.by}`];
    const note = enforce ? '' : ' (not enforced)';
    const mark = painted(paint, enforce ? 'red' : 'yellow', '-');
    return [mark, ` ${asked}${note}: found ${foundBy(one)}`];
  });
  const passing = overrides.map(({ by, expires, why }) =>
    painted(paint, 'yellow', `! override by ${by} until ${expires.toISOString()}: ${why}`),
  );
  return [
    wrapped([`${rule} `, verdict], { width }),
    ...[...lines, ...passing].map((line) => wrapped(line, { width, indent: '  ', hang: '    ' })),
  ];
}

function foundBy({ found }: MissingRequirement): string {
  return found.length === 0 ? 'nothing' : found.join('; ');
}

/** The same for scripts. */
export function statementsAsJson(reference: string, { proven, rules, seen }: Proof): object {
  return {
    reference,
    proven,
    statements: seen,
    rules: rules.map(({ requirements, overrides: [override] = [], ...rule }) => ({
      ...rule,
      override,
      requirements: requirements.map(({ requirement, ...one }) => ({
        ...one,
        requires: requirement.statement,
        of: requirement.by.map(({ name }) => name),
        enforce: requirement.enforce,
      })),
    })),
  };
}
