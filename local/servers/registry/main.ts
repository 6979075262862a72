import { interruption } from '../../../shared/system/interruption';
import { runRegistry } from './command';

// npm runs its scripts in the folder of the package: what a person names lies where he stands.
const { INIT_CWD, npm_lifecycle_event: script } = process.env;
if (INIT_CWD !== undefined && script === 'registry') process.chdir(INIT_CWD);

void runRegistry(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  fail: (text) => process.stderr.write(text),
  stopped: interruption({
    signals: process,
    exit: (code) => process.exit(code),
    now: Date.now,
  }).requested,
}).then((code) => {
  process.exitCode = code;
});
