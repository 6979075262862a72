import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Storage } from '@google-cloud/storage';

/**
 * Runs `work` with Google's own client, in a process of its own: the client imports ES modules at run time, which Jest cannot.
 * Only its parameters are known to `work`; `input` and what it gives back are JSON.
 *
 * @throws {Error} with what it threw.
 */
export async function withStorageClient<I, O>(
  apiEndpoint: string,
  input: I,
  work: (storage: Storage, input: I) => Promise<O>,
): Promise<O> {
  const options = { apiEndpoint, projectId: 'p', retryOptions: { autoRetry: false } };
  const script = `
    const { Storage } = require('@google-cloud/storage');
    const work = ${work.toString()};
    work(new Storage(${JSON.stringify(options)}), ${JSON.stringify(input)}).then(
      (output) => process.stdout.write(JSON.stringify({ output })),
      (error) => process.stdout.write(JSON.stringify({ error: String(error) })),
    );`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complaint] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode ?? once(child, 'exit'),
  ]);
  if (said === '') throw new Error(`the storage client ended without a word: ${complaint}`);
  const { output, error } = JSON.parse(said) as { output: O; error?: string };
  if (error !== undefined) throw new Error(error);
  return output;
}
