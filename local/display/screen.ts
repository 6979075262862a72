import { createLogUpdate } from 'log-update';

/** What is written to: a terminal, a pipe or a file. */
export interface Output {
  readonly isTTY?: boolean;
  /** How wide the terminal is. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Lines that stay, and below them one drawing that changes. */
export interface Screen {
  /** The drawing is seen while it changes. */
  readonly isLive: boolean;
  /** Wider lines would be wrapped by the terminal, and a drawing could not be taken away. */
  readonly width: () => number | undefined;
  line(text: string): void;
  /** Replaces the drawing. Only a terminal shows it before it is finished. */
  draw(drawing: string): void;
  /** Draws for the last time; what was drawn stays. */
  finish(drawing: string): void;
}

export function createScreen(output: Output): Screen {
  const isLive = output.isTTY === true;
  // Of a terminal it knows width and height: what is higher could not be taken away again.
  const live = isLive
    ? createLogUpdate(output as NodeJS.WritableStream, { showCursor: true })
    : undefined;
  let drawing = '';
  return {
    isLive,
    // A terminal without a size reports 0.
    width: () => (isLive && output.columns !== 0 ? output.columns : undefined),
    line(text) {
      live?.clear();
      output.write(`${text}\n`);
      if (drawing !== '') live?.(drawing);
    },
    draw(next) {
      drawing = next;
      live?.(next);
    },
    finish(last) {
      live?.clear();
      output.write(`${last}\n`);
      drawing = '';
    },
  };
}
