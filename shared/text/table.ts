import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

export interface Column {
  readonly name: string;
  /** Default: left. */
  readonly align?: 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  /** A cell for each column. Cells may have colours, and lines of their own; they are printable already. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of the terminal; what does not fit is wrapped within its cell. Default: no limit, for files and pipes. */
  readonly width?: number | undefined;
  /** Written before each line. */
  readonly indent?: string;
}

const GAP = '  ';
/** Below it a column of words is no longer read; a terminal narrower than its columns all together wraps them itself. */
const NARROWEST = 8;

/** A table of aligned columns without borders, each line without spaces or a break at its end. */
export function formatTable({ columns, rows, width, indent = '' }: Table): string {
  const names = columns.map(({ name }) => name);
  const limit = (width ?? Infinity) - indent.length - GAP.length * (columns.length - 1);
  const widths = fitted(naturalWidths(names, rows), limit);
  return [names, ...rows]
    .flatMap((cells) => linesOf(cells, widths, columns).map((line) => indent + line))
    .join('\n');
}

function naturalWidths(names: readonly string[], rows: Table['rows']): number[] {
  return names.map((name, column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), stringWidth(name)),
  );
}

function widthOf(cell: string): number {
  return cell.includes('\n')
    ? Math.max(...cell.split('\n').map((line) => stringWidth(line)))
    : stringWidth(cell);
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

/** One row: as many lines as its highest cell has. */
function linesOf(
  cells: readonly string[],
  widths: readonly number[],
  columns: readonly Column[],
): string[] {
  const wrapped = widths.map((width, column) => {
    const cell = cells[column] ?? '';
    const text = widthOf(cell) > width ? wrapAnsi(cell, width, { hard: true, trim: true }) : cell;
    return text.split('\n');
  });
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    wrapped
      .map((lines, column) => padded(lines[at] ?? '', widths[column] ?? 0, columns[column]?.align))
      .join(GAP)
      .trimEnd(),
  );
}

function padded(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? space + text : text + space;
}
