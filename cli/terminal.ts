import { styleText } from 'node:util';
import type { Interruption } from '../shared/system/interruption';
import type { PaintedCell } from '../shared/text/table';

/** Where a command reads its settings from and writes to; tests bring their own. */
export interface Terminal {
  /** Completed from `relay.yaml`, or by `--local`, before a command runs. */
  readonly env: Record<string, string | undefined>;
  /** Answers to questions. */
  readonly stdin: Input;
  /** Results. */
  readonly stdout: Output;
  /** Progress, warnings and errors. */
  readonly stderr: Output;
  /** For a command that must not be cut off: until it releases this, Ctrl-C only asks it to end. */
  readonly interruption: () => Interruption;
}

export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  /** How wide the terminal is. */
  readonly columns?: number;
};

export type Colour = Parameters<typeof styleText>[0];

/** True for a terminal that can colour, erase and go back. */
export function isLive({ isTTY }: Output, { TERM }: Terminal['env']): boolean {
  return isTTY === true && TERM !== 'dumb';
}

export type Paint = (colour: Colour, text: string) => string;

/** Colors for a stream: none if it is not a terminal with colors, or with NO_COLOR (https://no-color.org). */
export function createPaint(output: Output, env: Terminal['env']): Paint {
  const hasColour = isLive(output, env) && (env['NO_COLOR'] ?? '') === '';
  return (colour, text) => (hasColour ? styleText(colour, text, { validateStream: false }) : text);
}

/** How a report is written. */
export interface Style {
  readonly paint: Paint;
  /** Of the terminal. */
  readonly width?: number;
}

/** As the terminal's standard output takes it. */
export function styleOf({ stdout, env }: Pick<Terminal, 'stdout' | 'env'>): Style {
  return { paint: createPaint(stdout, env), width: widthOf(stdout) };
}

/** Text in a colour, for a cell of a table or a part of a line. */
export function painted(paint: Paint, colour: Colour, text: string): PaintedCell {
  return { text, paint: (shown) => paint(colour, shown) };
}

/** The width of a table: that of the terminal; unlimited if there is none or its width is unknown (0). */
export function widthOf({ isTTY, columns = 0 }: Output): number | undefined {
  return isTTY === true && columns > 0 ? columns : undefined;
}

/** Thrown by a command that failed: its text is all that is printed, and the exit code is 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Thrown by a command that was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Thrown where exit code 1 is a result and none was found: prints its cause, with another exit code. */
export class UndeterminedError extends Error {
  override readonly name = 'UndeterminedError';
  readonly exitCode: number;
  constructor(cause: unknown, exitCode = 2) {
    super('', { cause });
    this.exitCode = exitCode;
  }
}

/** True where each request is to be seen: `-v`, or RELAY_VERBOSE. */
export function isVerbose({ RELAY_VERBOSE: said = '' }: Terminal['env']): boolean {
  return said !== '';
}
