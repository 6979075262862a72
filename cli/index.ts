import { runCli } from './program';

// process.exitCode, not process.exit(): what is still on its way to a pipe must arrive.
void runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
}).then((code) => {
  process.exitCode = code;
});
