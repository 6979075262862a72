import { runRegistry } from './command';

void runRegistry(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  fail: (text) => process.stderr.write(text),
  // Listened to until the end: the terminal and npm both send Ctrl-C, and the second must not cut the cleaning short.
  stopped: new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  }),
}).then((code) => {
  process.exitCode = code;
});
