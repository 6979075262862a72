import { formatTable, type Column } from '../../shared/text/table';

import { bytesOf, groupRows, outcomeOf, secondsOf, targetsOf, type Row } from './row-groups';

const COLUMNS: readonly Column[] = [
  { name: 'RELEASE' },
  { name: 'TAG' },
  { name: 'TARGETS' },
  { name: 'OUTCOME' },
  { name: 'BYTES', align: 'right' },
  { name: 'DURATION', align: 'right' },
];

/** Releases under their headings, without borders: a line for each outcome. */
export function renderTable(rows: readonly Row[], width?: number): string {
  return formatTable({
    columns: COLUMNS,
    indent: '  ',
    width,
    rows: groupRows(rows).map((group) => [
      group[0].image,
      group[0].tag,
      targetsOf(group),
      outcomeOf(group[0]),
      bytesOf(group),
      secondsOf(group),
    ]),
  });
}
