import { once } from 'node:events';
import { runRegistry } from './command';

void runRegistry(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  fail: (text) => process.stderr.write(text),
  stopped: Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]),
}).then((code) => {
  process.exitCode = code;
});
