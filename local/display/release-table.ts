import { formatTable, type Column } from '../../shared/text/table';
import { formatBytes, formatSeconds } from './figures';
import type { Row } from './progress';

const COLUMNS: readonly Column[] = [
  { name: 'RELEASE' },
  { name: 'TAG' },
  { name: 'TARGET' },
  { name: 'OUTCOME' },
  { name: 'BYTES', align: 'right' },
  { name: 'DURATION', align: 'right' },
];

/** The rows under their headings, without borders. */
export function renderTable(rows: readonly Row[], width?: number): string {
  return formatTable({
    columns: COLUMNS,
    indent: '  ',
    width,
    rows: rows.map(({ image, tag, target, outcome, bytes, seconds }) => [
      image,
      tag,
      target,
      outcome,
      bytes === undefined ? '' : formatBytes(bytes),
      seconds === undefined ? '' : formatSeconds(seconds),
    ]),
  });
}
