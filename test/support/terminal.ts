import { PassThrough } from 'node:stream';
import type { Terminal } from '../../cli/terminal';

export interface CapturedTerminal {
  readonly terminal: Terminal;
  /** What was written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** A terminal for commands that are called in this process: its streams are kept as text. */
export function captureTerminal(
  env: Terminal['env'] = {},
  { isTTY = false }: { readonly isTTY?: boolean } = {},
): CapturedTerminal {
  const out = captureStream(isTTY);
  const err = captureStream(isTTY);
  return {
    terminal: { env, stdout: out.stream, stderr: err.stream },
    stdout: out.text,
    stderr: err.text,
  };
}

function captureStream(isTTY: boolean): { stream: Terminal['stdout']; text: () => string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    stream: Object.assign(stream, { isTTY }),
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
