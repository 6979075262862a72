import type { Command } from 'commander';
import { oneLine } from '../shared/text/one-line';
import { formatProblem, InvalidRulesError, parseRules, type Problem } from '../shared/kinds/rules';
import { chainLines, hubsOf, type Hub } from '../shared/rules/chains/tree';
import { summarize, type Summary } from '../shared/rules/summary';
import { formatTable } from '../shared/text/table';
import { readRulesFile, rulesFileName, type RulesFlags } from './rules-file';
import { CommandFailure, createPaint, printJson, widthOf, type Terminal } from './terminal';

interface CheckFlags extends RulesFlags {
  readonly json?: boolean;
}

type Paint = ReturnType<typeof createPaint>;

/** `check`: everything that is wrong with the rules, or what flows where. Offline. */
export function addCheck(program: Command, terminal: Terminal): void {
  program
    .command('check')
    .description('say what is wrong with the rules, or sum up what flows where')
    .option('--rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)')
    .option('--json', 'print problems and summary as JSON')
    .addHelpText('after', '\nExample:\n  registry-relay check --rules rules.yaml')
    .action((flags: CheckFlags) => check(terminal, flags));
}

function check({ env, stdout, stderr }: Terminal, flags: CheckFlags): void {
  const file = rulesFileName(flags, env);
  const text = read(file, (message) => {
    const problems = [{ line: 1, column: 1, message }];
    if (flags.json) printJson(stdout, { ok: false, file, problems });
  });
  const { problems, flow } = judge(text);
  if (flags.json)
    printJson(stdout, {
      ok: problems.length === 0,
      file,
      problems,
      ...flow?.summary,
      ...(flow && { hubs: flow.hubs }),
    });
  else if (flow === undefined) {
    const paint = createPaint(stdout, env);
    const lines = text.split(/\r?\n/);
    for (const problem of problems) {
      stdout.write(`${describeProblem(problem, file, paint)}\n`);
      if (stdout.isTTY === true) stdout.write(excerpt(problem, lines, paint));
    }
    stderr.write(`${file}: ${countOf(problems.length, 'problem')}\n`);
  } else stdout.write(describeFlow(flow, file, widthOf(stdout)));
  if (problems.length > 0) throw new CommandFailure('');
}

/** @throws {CommandFailure} after telling what is wrong. */
function read(file: string, tell: (problem: string) => void): string {
  try {
    return readRulesFile(file);
  } catch (error) {
    if (error instanceof CommandFailure) tell(error.message);
    throw error;
  }
}

/** What flows where, and from where it goes on. */
interface Flow {
  readonly summary: Summary;
  readonly hubs: readonly Hub[];
  readonly chains: readonly string[];
}

function judge(text: string): { problems: readonly Problem[]; flow?: Flow } {
  try {
    const rules = parseRules(text);
    const flow = { summary: summarize(rules), hubs: hubsOf(rules), chains: chainLines(rules) };
    return { problems: [], flow };
  } catch (error) {
    if (error instanceof InvalidRulesError) return { problems: error.problems };
    throw error;
  }
}

function describeProblem(problem: Problem, file: string, paint: Paint): string {
  const whole = formatProblem(problem, file);
  const place = whole.slice(0, whole.length - problem.message.length);
  return paint('bold', place) + paint('red', oneLine(problem.message));
}

/** The line that is wrong, with a caret under the column. */
function excerpt({ line, column }: Problem, lines: readonly string[], paint: Paint): string {
  const shown = lines[line - 1]?.slice(0, 200) ?? '';
  const [before, after] = [shown.slice(0, column - 1), shown.slice(column - 1)].map(printable);
  const indent = before?.replaceAll(/[^\t]/g, ' ') ?? '';
  return `    ${before ?? ''}${after ?? ''}\n    ${indent}${paint('red', '^')}\n`;
}

/** Rules may come with a pull request of anybody's. A caret below a tab needs the tab. */
function printable(text: string): string {
  return text.split('\t').map(oneLine).join('\t');
}

function describeFlow({ summary, chains }: Flow, file: string, width?: number): string {
  const { rules, notes } = summary;
  const columns = ['RULE', 'RELEASES', 'TAGS', 'TARGET', 'DESTINATION'].map((name) => ({ name }));
  const rows = rules.flatMap(({ rule, releases, tags = '', targets }) =>
    targets.map(({ target, destination, ...options }, at) => [
      ...(at === 0 ? [rule, releases, tags] : ['', '', '']),
      `${target}${optionsOf(options)}`,
      destination,
    ]),
  );
  const targets = new Set(rules.flatMap((rule) => rule.targets.map(({ target }) => target)));
  const lines = [
    ...(rows.length > 0 ? [formatTable({ columns, rows, width })] : []),
    ...(chains.length > 0 ? ['', 'through hubs:', ...chains, ''] : []),
    ...notes.map((note) => `note: ${note}`),
    `${file} is right: ${countOf(rules.length, 'rule')}, ${countOf(targets.size, 'target')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function optionsOf({ paused, receipts }: { paused: boolean; receipts: boolean }): string {
  const named = [...(paused ? ['paused'] : []), ...(receipts ? ['receipts'] : [])];
  return named.length > 0 ? ` (${named.join(', ')})` : '';
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
