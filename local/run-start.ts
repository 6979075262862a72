import { resolve } from 'node:path';
import { readArguments, USAGE, UsageError } from './arguments';
import type { Output } from './display/screen';
import { runLocalStack } from './local-stack';
import { readOwnRules } from './own-rules/read';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Resolves when a person wants it to end. */
  readonly interrupted: Promise<unknown>;
}

/** `npm start`. Resolves with its exit code: 0 done, 1 failed, 2 called wrongly. */
export async function runStart(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    const options = readArguments(args);
    if (options === 'help') {
      around.stdout.write(USAGE);
      return 0;
    }
    const { env, stdout } = around;
    // A terminal that cannot erase is written to as a file is.
    const output =
      env['TERM'] === 'dumb' ? { write: (text: string) => stdout.write(text) } : stdout;
    const emulator = env['PUBSUB_EMULATOR_HOST'];
    const { rules, ...others } = options;
    // npm runs this in the checkout: a file that a person names lies where he stands.
    const file = rules && resolve(env['INIT_CWD'] ?? '.', rules);
    const own = file === undefined ? undefined : readOwnRules(file);
    return await runLocalStack({
      ...others,
      own: own !== undefined,
      output,
      interrupted: around.interrupted,
      stack: { ...(emulator && { emulator }), ...(own && { ...own, path: '' }) },
    });
  } catch (error) {
    const isUsage = error instanceof UsageError;
    around.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (isUsage) around.stderr.write(`\n${USAGE}`);
    return isUsage ? 2 : 1;
  }
}
