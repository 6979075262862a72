import wrapAnsi from 'wrap-ansi';

export interface Wrapping {
  /** Columns of the terminal. Default: no limit, for files and pipes. */
  readonly width?: number | undefined;
  /** Written before each line. */
  readonly indent?: string;
}

/** Prose in lines that fit, broken between words: what has none, such as an address, stays whole and can be copied. */
export function wrapped(text: string, { width, indent = '' }: Wrapping): string {
  if (width === undefined) return indent + text;
  const lines = wrapAnsi(text, Math.max(1, width - indent.length), { trim: false }).split('\n');
  return lines.map((line) => indent + line.trim()).join('\n');
}
