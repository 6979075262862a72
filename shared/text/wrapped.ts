import wrapAnsi from 'wrap-ansi';
import { oneLine } from './untrusted';
import type { Cell } from './table';

export interface Wrapping {
  /** Columns of the terminal. Default: no limit, for files and pipes. */
  readonly width?: number;
  /** Written before the first line. */
  readonly indent?: string;
  /** Written before those after it. Default: as `indent`. */
  readonly hang?: string;
  /** Breaks names that are longer than a line; else they stay whole, and can be copied. */
  readonly hard?: boolean;
}

/**
 * What a person reads, in lines that fit, broken between words. Like a cell of a table, it may be text that anybody has
 * written: what would act on a terminal, or begin a line of its own, is shown as its escape.
 */
export function wrapped(
  text: Cell | readonly Cell[],
  { width, indent = '', hang = indent, hard = false }: Wrapping = {},
): string {
  const parts = typeof text === 'string' || 'text' in text ? [text] : text;
  const line = parts.map(harmless).join('');
  if (width === undefined) return indent + line;
  const room = Math.max(1, width - Math.max(indent.length, hang.length));
  const lines = wrapAnsi(line, room, { trim: true, hard }).split('\n');
  return lines.map((one, at) => (at === 0 ? indent : hang) + one).join('\n');
}

/** A text of several lines, each with the indentation that it has. */
export function wrappedLines(text: string, width: number | undefined): string {
  return text
    .split('\n')
    .map((line) => wrapped(line.trimStart(), { width, indent: /^ */.exec(line)?.join('') ?? '' }))
    .join('\n');
}

function harmless(part: Cell): string {
  return typeof part === 'string' ? oneLine(part) : part.paint(oneLine(part.text));
}
