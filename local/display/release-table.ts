import Table from 'cli-table3';
import { oneLine } from '../../shared/events/one-line';
import { formatBytes, formatSeconds } from './figures';
import type { Row } from './progress';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** The rows under their headings, without borders. */
export function renderTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['RELEASE', 'TAG', 'TARGET', 'OUTCOME', 'BYTES', 'DURATION'],
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right'],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const { image, tag, target, outcome, bytes, seconds } of rows) {
    table.push([
      oneLine(image),
      tag,
      target,
      outcome,
      bytes === undefined ? '' : formatBytes(bytes),
      seconds === undefined ? '' : formatSeconds(seconds),
    ]);
  }
  return table.toString();
}
