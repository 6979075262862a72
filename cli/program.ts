import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { wrapped, wrappedLines } from '../shared/text/wrapped';
import { addApprove } from './approve';
import { addBackfill } from './backfill';
import { addCheck } from './check';
import { addCompletion } from './completion';
import { addCopy } from './copy';
import { addDeadLetters } from './dead-letters';
import { addDoctor } from './doctor';
import { addEvidence } from './evidence';
import { addExplain } from './explain';
import { addOverride } from './override';
import { addPlan } from './plan';
import { addRepublish } from './republish';
import { addSettings, type SettingsFlags } from './settings';
import { addStatements } from './statements';
import { addStatus } from './status';
import { CommandFailure, NoAnswer, UsageError, widthOf, type Terminal } from './terminal';

/**
 * Runs one command line and resolves with its exit code: 0 done, 1 failed, 2 called wrongly. Results go to `stdout`,
 * everything else to `stderr`.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = error instanceof NoAnswer ? error.cause : error;
    const text = describeError(failure, widthOf(terminal.stderr));
    if (text !== '') terminal.stderr.write(`${text}\n`);
    return failure !== error || failure instanceof UsageError ? 2 : 1;
  }
}

/** Prints a stack for unexpected errors. Errors quote foreign text: arguments, rules, registries' responses. */
function describeError(error: unknown, width: number | undefined): string {
  const isExpected = error instanceof CommandFailure || error instanceof UsageError;
  const text = error instanceof Error ? (isExpected ? error.message : error.stack) : error;
  return wrappedLines(String(text), width);
}

/** Of help that goes to a file or a pipe. */
const DEFAULT_WIDTH = 80;

/** Sentences of ours in lines that fit; examples, which are indented, stay whole. */
function helpIn(text: string, width: number | undefined): string {
  const lines = text.split('\n');
  return lines.map((line) => (/^\S/.test(line) ? wrapped(line, { width }) : line)).join('\n');
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('relay')
    .description('Releases images, pipeline templates and objects from a vendor to its customers.')
    .version(version, '--version', 'print version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(helpIn(text, widthOf(terminal.stdout))),
      writeErr: (text) => terminal.stderr.write(helpIn(text, widthOf(terminal.stderr))),
      getOutHelpWidth: () => widthOf(terminal.stdout) ?? DEFAULT_WIDTH,
      getErrHelpWidth: () => widthOf(terminal.stderr) ?? DEFAULT_WIDTH,
    })
    .showHelpAfterError('(run with --help for usage)')
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .addHelpText(
      'after',
      '\nExamples:\n  relay check --rules rules.yaml\n  relay status --target acme\n  relay backfill --help',
    )
    .option('-v, --verbose', 'log each request and response status to stderr')
    .option('--local', 'use the local stack of "npm start"')
    .hook('preAction', (_program, command) => {
      // At completion, the options for rules and settings are not known yet.
      if (command.name().startsWith('__')) return;
      const flags: SettingsFlags = command.optsWithGlobals();
      if (flags.verbose) terminal.env['RELAY_VERBOSE'] = '1';
      addSettings(terminal.env, flags);
    });
  const commands = [
    addCheck,
    addExplain,
    addStatus,
    addPlan,
    addBackfill,
    addCopy,
    addRepublish,
    addDeadLetters,
    addStatements,
    addApprove,
    addOverride,
    addEvidence,
    addDoctor,
    addCompletion,
  ];
  for (const add of commands) add(program, terminal);
  return program;
}
