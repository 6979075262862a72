import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The built command line. */
export const COMMAND = join(__dirname, '..', '..', 'dist', 'cli', 'index.js');

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Nobody reads its results: the pipe is closed before it writes. */
  readonly isUnread?: boolean;
}

/** Runs the built command line as a process of its own, as a person's shell or a script does, with no other environment. */
export async function runCommand(
  args: readonly string[],
  { env = {}, cwd, isUnread = false }: CommandOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (isUnread) child.stdout.destroy();
  const [stdout, stderr] = await Promise.all([
    isUnread ? '' : text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, stdout, stderr };
}
