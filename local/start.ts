import { interruption } from './interruption';
import { runStart } from './run-start';

void runStart(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  interrupted: interruption({
    signals: process,
    exit: (code) => process.exit(code),
    now: Date.now,
  }),
}).then((code) => process.exit(code));
