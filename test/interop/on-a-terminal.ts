import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { requireTool } from './tools';

/** Runs a command on a terminal of its own, whose keyboard and screen are this process's standard streams. */
const ON_A_TERMINAL =
  'import os, pty, sys; code = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])); sys.exit(128 - code if code < 0 else code)';

export interface OnATerminal {
  /** What was written so far. */
  readonly screen: () => string;
  readonly type: (keys: string) => void;
  /** Resolves as soon as the screen shows this. @throws {Error} when the command ends without. */
  readonly shows: (text: string) => Promise<void>;
  /** Resolves with the exit code; of a command that a signal ended, 128 more than that. */
  readonly ended: () => Promise<number | null>;
}

/** Starts a command as a person does. Needs `python3`. */
export function startOnATerminal(
  command: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): OnATerminal {
  const child = spawn(requireTool('python3'), ['-c', ON_A_TERMINAL, command, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  return {
    screen: () => screen,
    type: (keys) => child.stdin.write(keys),
    async shows(text) {
      while (!screen.includes(text)) {
        const news = await Promise.race([once(child.stdout, 'data'), closed.then(() => undefined)]);
        if (news === undefined) throw new Error(`It ended without "${text}":\n${screen}`);
      }
    },
    ended: async () => (await closed)[0],
  };
}
