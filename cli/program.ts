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
import { addHalt } from './halt';
import { addHistory } from './history';
import { addOverride } from './override';
import { addPlan } from './plan';
import { addRepublish } from './republish';
import { addResume } from './resume';
import { addSettings, type SettingsFlags } from './settings';
import { addStatements } from './statements';
import { addStatus } from './status';
import { CommandFailure, UndeterminedError, UsageError, widthOf, type Terminal } from './terminal';

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
    const failure = error instanceof UndeterminedError ? error.cause : error;
    const text = describeError(failure, widthOf(terminal.stderr));
    if (text !== '') terminal.stderr.write(`${text}\n`);
    if (error instanceof UndeterminedError) return error.exitCode;
    return failure instanceof UsageError ? 2 : 1;
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

/** The commands, in the order and under the headings of the help. */
const COMMANDS = {
  Inspect: [addCheck, addExplain, addStatus, addHistory, addPlan],
  Act: [addBackfill, addCopy, addRepublish, addDeadLetters, addHalt, addResume],
  Proofs: [addStatements, addApprove, addOverride, addEvidence],
  Setup: [addDoctor, addCompletion],
};

/** What to do here for verbs that other tools have. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['pause', 'set `paused: true` on the target in the rules and deploy them'],
  [
    'revoke',
    'releases stay at targets; `exclude` the tag in the rules, and ask customers to delete it',
  ],
  ['rollback', 'move the tag at the source back to the older digest; the push releases it'],
  [
    'logs',
    'read the log of copy-artifact in Cloud Logging; docs/operations.md explains its fields',
  ],
  ['sync', 'run "relay backfill" to publish copy jobs for what targets lack'],
  ['diff', 'run "relay status" to compare targets, or "relay plan" to compare rules'],
]);

/** An error about such a verb, with what to do; undefined for other errors. */
function instead(text: string): string | undefined {
  const [, verb = ''] = /^error: unknown command '(.*?)'/.exec(text) ?? [];
  const advice = INSTEAD.get(verb);
  return advice && `error: unknown command '${verb}': ${advice}\n`;
}

/** The name of a command and its arguments: with `[options]`, too, few summaries would fit on the line. */
function termOf(command: Command): string {
  const names = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...names].join(' ');
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
      outputError: (text, write) => write(instead(text) ?? text),
    })
    .showHelpAfterError('(run with --help for usage)')
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20, subcommandTerm: termOf })
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
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(`${heading}:`);
    for (const add of commands) add(program, terminal);
  }
  program.helpCommand('help [command]', 'show the help of a command');
  return program;
}
