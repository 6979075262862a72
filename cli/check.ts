import type { Command } from 'commander';
import { InvalidRulesError, type Problem } from '../shared/kinds/rules';
import type { Rules } from '../shared/rules/rules';
import { counted } from '../shared/text/names';
import { notesOnNames } from './check-sources';
import { describeFlow, flowOf } from './flow';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import {
  parseRulesFile,
  readRulesFile,
  rulesFileName,
  type RulesFlags,
  rulesOption,
} from './rules-file';
import { describeProblem, excerpt } from './rules-problems';
import { selectTargets, targetOption, type Names } from './selectors';
import { CommandFailure, styleOf, widthOf, type Terminal } from './terminal';

interface CheckFlags extends RulesFlags, OutputFlags {
  readonly target?: Names;
  readonly sources?: boolean;
}

/**
 * `check`: everything that is wrong with the rules, or what flows where; by the rules alone unless `--sources` is given.
 */
export function addCheck(program: Command, terminal: Terminal): void {
  program
    .command('check')
    .summary('validate the rules and summarize them')
    .description('validate rules and summarize what is released to whom')
    .addOption(targetOption('only these targets'))
    .addOption(rulesOption())
    .option('--sources', 'also read templates at the sources for images that targets lack')
    .addOption(outputOption())
    .addOption(jsonOption('print problems and summary as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  relay check --rules rules.yaml\n  relay check --target acme',
    )
    .action((flags: CheckFlags) => check(terminal, flags));
}

async function check(terminal: Terminal, flags: CheckFlags): Promise<void> {
  const { env, stdout, stderr } = terminal;
  const file = rulesFileName(flags, env);
  const text = read(file, (message) => {
    const problems = [{ line: 1, column: 1, message }];
    if (wantsData(flags)) printData(stdout, flags, { ok: false, file, problems });
  });
  const { problems, rules } = validate(text, file);
  if (rules !== undefined) {
    const meant = selectTargets(rules, flags.target);
    const { summary: said, hubs, ...flow } = flowOf(rules, new Date(), meant);
    // What the rules say is printed even if a source does not answer.
    const [read] = await Promise.allSettled([
      flags.sources ? notesOnNames(terminal, rules, meant) : [],
    ]);
    const lacking = read.status === 'fulfilled' ? read.value : [];
    const summary = { ...said, notes: [...said.notes, ...lacking] };
    if (wantsData(flags)) printData(stdout, flags, { ok: true, file, problems, ...summary, hubs });
    else stdout.write(`${describeFlow({ summary, hubs, ...flow }, file, widthOf(stdout))}\n`);
    if (read.status === 'rejected') throw read.reason;
    return;
  }
  if (wantsData(flags)) printData(stdout, flags, { ok: false, file, problems });
  else {
    const style = styleOf({ stdout, env });
    const lines = text.split(/\r?\n/);
    for (const problem of problems) {
      stdout.write(`${describeProblem(problem, file, style)}\n`);
      if (stdout.isTTY === true) stdout.write(excerpt(problem, lines, style));
    }
    stderr.write(`${file}: ${counted(problems.length, 'problem')}\n`);
  }
  throw new CommandFailure('');
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

function validate(text: string, file: string): { problems: readonly Problem[]; rules?: Rules } {
  try {
    return { problems: [], rules: parseRulesFile(text, file) };
  } catch (error) {
    if (error instanceof InvalidRulesError) return { problems: error.problems };
    throw error;
  }
}
