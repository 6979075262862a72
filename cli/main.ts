import { interruption } from '../shared/system/interruption';
import { runCli } from './program';

// npm runs its scripts in the folder of the package, but the paths that a person gives are relative to the current one.
const { INIT_CWD, npm_lifecycle_event: script } = process.env;
if (INIT_CWD !== undefined && script === 'relay') process.chdir(INIT_CWD);

// With an emulator Google's clients would still look for a metadata server, and warn that there is none.
if (process.env['PUBSUB_EMULATOR_HOST'] !== undefined) {
  process.env['METADATA_SERVER_DETECTION'] ??= 'none';
}

// A missing metadata server is expected on a person's machine: an error reports missing credentials.
const emitWarning = process.emitWarning.bind(process) as (...said: unknown[]) => void;
process.emitWarning = (...said: unknown[]) => {
  if (!said.includes('MetadataLookupWarning')) emitWarning(...said);
};

let unwritten: NodeJS.ErrnoException | undefined;
// A reader that stops early (`| head`) is not a failure, and work under way finishes. A full disk is a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || unwritten !== undefined) return;
  unwritten = error;
  process.stderr.write(`The result cannot be written: ${error.message}\n`);
  process.exitCode = 1;
});
process.stderr.on('error', () => undefined);

// process.exitCode, not process.exit(): what is still on its way to a pipe must arrive.
void runCli(process.argv.slice(2), {
  env: process.env,
  // Opened by a command that asks something.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  interruption: () =>
    interruption({ signals: process, exit: (code) => process.exit(code), now: Date.now }),
}).then((code) => {
  process.exitCode = unwritten === undefined ? code : 1;
});
