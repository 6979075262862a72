import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What one copy took. */
export interface Usage {
  readonly wallSeconds: number;
  /** User and system time of the process that copied. */
  readonly cpuSeconds: number;
  /** Its largest resident set so far. */
  readonly peakMiB: number;
}

const TICKS_PER_SECOND = 100;
const LOOK_EVERY_MS = 10;

/**
 * CPU time, peak and present memory of a process, from /proc.
 *
 * @throws {Error} when it has ended, or there is no /proc.
 */
export function usageOf(
  pid: number,
): Omit<Usage, 'wallSeconds'> & { readonly residentMiB: number } {
  // The name, in parentheses, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mebibytes = (field: string): number =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? '0') / 1024;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    peakMiB: mebibytes('VmHWM'),
    residentMiB: mebibytes('VmRSS'),
  };
}

/** Runs a command to its end. @throws {Error} with what it printed when it fails. */
export function measureCommand(
  command: string,
  args: readonly string[],
  { env, uid }: { readonly env: NodeJS.ProcessEnv; readonly uid?: number },
): Promise<Usage> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      uid,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let usage = { cpuSeconds: 0, peakMiB: 0 };
    // The last look before the end misses a few milliseconds of it; what has just ended has no memory any more.
    const look = () => {
      try {
        if (child.pid === undefined) return;
        const { cpuSeconds, peakMiB } = usageOf(child.pid);
        usage = { cpuSeconds, peakMiB: Math.max(peakMiB, usage.peakMiB) };
      } catch {
        // Its exit is on the way.
      }
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(timer);
      const wallSeconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ wallSeconds, ...usage });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${output}`));
    });
  });
}
