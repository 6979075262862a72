import { stripVTControlCharacters } from 'node:util';
import CliTable from 'cli-table3';

export interface TableOptions {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The last column is wrapped at so many characters; default: it is as wide as it must be. */
  readonly lastWidth?: number;
  /** A line between rows: for those that take several. */
  readonly isRuled?: boolean;
}

/** What draws a table takes the square of its rows in time: ten thousand at once are a quarter of a minute. */
const ROWS_AT_ONCE = 200;
const NO_LINE = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
const NO_TOP = { top: '', 'top-left': '', 'top-mid': '', 'top-right': '' };
const NO_BOTTOM = { bottom: '', 'bottom-left': '', 'bottom-mid': '', 'bottom-right': '' };

/** A table for a terminal, without a line break at its end; cells may have colours. */
export function renderTable({ head, rows, lastWidth, isRuled = false }: TableOptions): string {
  const widths = head.map((name, column) =>
    lastWidth !== undefined && column === head.length - 1
      ? lastWidth
      : widestOf(rows, column, name) + 2,
  );
  const blocks: string[] = [];
  for (let first = 0; first === 0 || first < rows.length; first += ROWS_AT_ONCE) {
    const isLast = first + ROWS_AT_ONCE >= rows.length;
    const table = new CliTable({
      ...(first === 0 && { head: [...head] }),
      style: { head: [], border: [] },
      chars: {
        ...(isRuled ? {} : NO_LINE),
        ...(first > 0 && !isRuled && NO_TOP),
        ...(!isLast && NO_BOTTOM),
        ...(first > 0 && isRuled && BETWEEN),
      },
      colWidths: widths,
      wordWrap: lastWidth !== undefined,
    });
    for (const row of rows.slice(first, first + ROWS_AT_ONCE)) {
      table.push([...row.slice(0, -1), ...row.slice(-1).map((cell) => broken(cell, lastWidth))]);
    }
    blocks.push(table.toString());
  }
  return blocks.join('\n');
}

/** With words broken that a column so wide, which has a space on each side, would cut off. */
function broken(cell: string, width: number | undefined): string {
  if (width === undefined) return cell;
  return cell.replaceAll(new RegExp(`\\S{${width - 2}}(?=\\S)`, 'g'), '$&\n');
}

/** Where a block of a ruled table begins, its rows go on. */
const BETWEEN = { 'top-left': '├', 'top-mid': '┼', 'top-right': '┤' };

function widestOf(rows: readonly (readonly string[])[], column: number, name: string): number {
  return rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), widthOf(name));
}

/** At most so many places: what is not ASCII may take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += character > '~' ? 2 : 1;
  return width;
}
