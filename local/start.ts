import { once } from 'node:events';
import { runStart } from './run-start';

void runStart(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  // A second signal finds no listener and ends the process at once; its children notice and end, too.
  interrupted: Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]),
}).then((code) => process.exit(code));
