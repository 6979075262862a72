import { interruption } from '../shared/system/interruption';
import { runStart } from './run-start';

// A closed terminal or pipe must not leave temporary folders behind.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

void runStart(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  interrupted: interruption({
    signals: process,
    exit: (code) => process.exit(code),
    now: Date.now,
  }).requested,
}).then((code) => process.exit(code));
