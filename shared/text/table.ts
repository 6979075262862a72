import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { oneLine } from './untrusted';

export interface Column {
  readonly name: string;
  /** Default: left. */
  readonly align?: 'right';
}

/** Text that anybody may have written: what would act on a terminal is shown as its escape. */
export type Cell = string | PaintedCell;

/** A cell with a colour, which is given to what is shown of it. */
export interface PaintedCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}

export interface Table {
  readonly columns: readonly Column[];
  /** A cell for each column; line breaks in them are kept. */
  readonly rows: readonly (readonly Cell[])[];
  /** Columns of the terminal; what does not fit is wrapped within its cell. Default: no limit, for files and pipes. */
  readonly width?: number;
  /** Written before each line. */
  readonly indent?: string;
  /** False: without the names of the columns. */
  readonly headers?: boolean;
}

const GAP = '  ';
/**
 * A column of words narrower than this cannot be read; a terminal narrower than all columns together wraps the lines
 * itself.
 */
const NARROWEST = 8;

/** A table of aligned columns without borders, each line without spaces or a break at its end. */
export function formatTable({ columns, rows, width, indent = '', headers = true }: Table): string {
  const names = columns.map(({ name }) => name);
  const limit = (width ?? Infinity) - indent.length - GAP.length * (columns.length - 1);
  const harmless = [...(headers ? [names] : []), ...rows].map((cells) => cells.map(harmlessCell));
  const widths = fitted(naturalWidths(harmless, columns), limit);
  return harmless
    .flatMap((cells) => linesOf(cells, widths, columns).map((line) => indent + line))
    .join('\n');
}

/** A cell as it will be shown, but for wrapping and colour. */
interface HarmlessCell {
  readonly lines: readonly string[];
  readonly width: number;
  readonly paint?: PaintedCell['paint'];
}

function harmlessCell(cell: Cell): HarmlessCell {
  const { text, ...painted } = typeof cell === 'string' ? { text: cell } : cell;
  const lines = text.split('\n').map(oneLine);
  return { ...painted, lines, width: Math.max(...lines.map((line) => stringWidth(line))) };
}

function naturalWidths(
  rows: readonly (readonly HarmlessCell[])[],
  columns: readonly Column[],
): number[] {
  return columns.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.width ?? 0), 0),
  );
}

/** The widest column gives way first, until all fit. */
function fitted(natural: readonly number[], limit: number): number[] {
  const widths = [...natural];
  while (sum(widths) > limit) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** One row: as many lines as its tallest cell has. */
function linesOf(
  cells: readonly HarmlessCell[],
  widths: readonly number[],
  columns: readonly Column[],
): string[] {
  const wrapped = widths.map((width, column) => wrappedLines(cells[column], width));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) => {
    const last = wrapped.findLastIndex((lines) => (lines[at] ?? '') !== '');
    return wrapped
      .slice(0, last + 1)
      .map((lines, column) => {
        const { align } = columns[column] ?? {};
        const width = column === last && align !== 'right' ? 0 : (widths[column] ?? 0);
        return padded(lines[at] ?? '', width, align, cells[column]?.paint);
      })
      .join(GAP);
  });
}

function wrappedLines(cell: HarmlessCell | undefined, limit: number): readonly string[] {
  if (cell === undefined) return [];
  const { lines, width } = cell;
  return width <= limit ? lines : lines.flatMap((line) => broken(line, limit));
}

/**
 * A line in pieces that fit, broken after spaces and after the separators in names; a part that is too long, anywhere.
 */
function broken(line: string, limit: number): string[] {
  const pieces = [''];
  for (const part of line.split(/(?<=[\s/:,@])/u)) {
    const last = pieces.at(-1) ?? '';
    if (stringWidth((last + part).trimEnd()) <= limit) pieces[pieces.length - 1] = last + part;
    else if (stringWidth(part.trimEnd()) <= limit) pieces.push(part);
    else {
      const [first = '', ...rest] = wrapAnsi(part, limit, { hard: true, trim: true }).split('\n');
      pieces.push(first, ...rest);
    }
  }
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

function padded(
  text: string,
  width: number,
  align: Column['align'],
  paint: PaintedCell['paint'] = (plain) => plain,
): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  const shown = text === '' ? '' : paint(text);
  return align === 'right' ? space + shown : shown + space;
}
