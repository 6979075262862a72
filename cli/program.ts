import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { oneLine } from '../shared/text/one-line';
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
import { CommandFailure, UsageError, type Terminal } from './terminal';

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
    const text = describeError(error);
    if (text !== '') terminal.stderr.write(`${text}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** With a stack where nobody expected it. Errors quote what others wrote: arguments, rules, registries' answers. */
function describeError(error: unknown): string {
  const isExpected = error instanceof CommandFailure || error instanceof UsageError;
  const text = error instanceof Error ? (isExpected ? error.message : error.stack) : error;
  return String(text).split('\n').map(oneLine).join('\n');
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('registry-relay')
    .description('Releases images, pipeline templates and objects from a vendor to its customers.')
    .version(version, '--version', 'say which version this is')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError('(--help shows what can be said)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nExamples:\n  registry-relay check --rules rules.yaml\n  registry-relay status --target acme\n  registry-relay backfill --help',
    )
    .option('-v, --verbose', 'show each request to a registry or bucket, on standard error')
    .option('--local', 'on the stack that "npm start" runs here')
    .hook('preAction', (_program, command) => {
      // Whoever presses Tab has not said yet which rules and settings he means.
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
