import { runCli } from './program';

// With an emulator Google's clients would still look for a metadata server, and warn that there is none.
if (process.env['PUBSUB_EMULATOR_HOST'] !== undefined) {
  process.env['METADATA_SERVER_DETECTION'] ??= 'none';
}

// process.exitCode, not process.exit(): what is still on its way to a pipe must arrive.
void runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
}).then((code) => {
  process.exitCode = code;
});
