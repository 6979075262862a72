import { once } from 'node:events';
import { UsageError, readArguments, USAGE } from './arguments';
import { runLocalStack } from './local-stack';

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const emulator = process.env['PUBSUB_EMULATOR_HOST'];
  return runLocalStack({
    ...options,
    output: process.stdout,
    // A second signal finds no listener and ends the process at once; its children notice and end, too.
    interrupted: Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]),
    stack: { ...(emulator && { emulator }) },
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n${isUsage ? `\n${USAGE}` : ''}`);
    process.exit(isUsage ? 2 : 1);
  },
);
