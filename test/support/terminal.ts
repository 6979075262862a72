import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import type { Terminal } from '../../cli/terminal';
import { interruption } from '../../shared/system/interruption';

export interface CapturedTerminal {
  readonly terminal: Terminal;
  /** What was written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ctrl-C: heard only by a command that cleans up. */
  readonly interrupt: () => void;
}

interface Captured {
  readonly isTTY?: boolean;
  /** What a person types. */
  readonly typed?: string;
  /** How wide it is. */
  readonly columns?: number;
}

/** A terminal for commands that are called in this process: its streams are kept as text; `typed` is what somebody answers. */
export function captureTerminal(
  env: Terminal['env'] = {},
  { isTTY = false, typed = '', columns }: Captured = {},
): CapturedTerminal {
  const out = captureStream(isTTY, columns);
  const err = captureStream(isTTY, columns);
  const signals = new EventEmitter();
  return {
    terminal: {
      env,
      stdin: Object.assign(Readable.from([typed]), { isTTY }),
      stdout: out.stream,
      stderr: err.stream,
      interruption: () => interruption({ signals, exit: () => undefined, now: () => 0 }),
    },
    stdout: out.text,
    stderr: err.text,
    interrupt: () => signals.emit('SIGINT'),
  };
}

function captureStream(
  isTTY: boolean,
  columns?: number,
): { stream: Terminal['stdout']; text: () => string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    stream: Object.assign(stream, { isTTY, columns }),
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
