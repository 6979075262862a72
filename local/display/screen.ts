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

const ERASE_TO_END = '\x1b[0J';

export function createScreen(output: Output): Screen {
  let drawing = '';
  const erase = () => {
    const lines = drawing.split('\n').length - 1;
    return lines === 0 ? '' : `\x1b[${lines}A\r${ERASE_TO_END}`;
  };
  const redraw = (next: string, above = '') => {
    output.write(`${erase()}${above}${next}`);
    drawing = next;
  };
  const isLive = output.isTTY === true;
  return {
    isLive,
    width: () => (isLive ? output.columns : undefined),
    line: (text) => redraw(drawing, `${text}\n`),
    draw(next) {
      if (isLive && `${next}\n` !== drawing) redraw(`${next}\n`);
    },
    finish(last) {
      redraw(`${last}\n`);
      drawing = '';
    },
  };
}
