import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILURES, type Failure } from './failures';

const ENDS: Record<Failure['ends'], string> = {
  'dead-letter': 'dead-lettered',
  withdrawn: 'withdrawn',
  held: 'held',
  never: 'tried again',
};

function row([reason, { ends, graces, remedy }]: [string, Failure]): string {
  const after = ends === 'never' ? '' : graces === 0 ? ' at once' : ` after ${graces} × grace`;
  return `| \`${reason}\` | ${ENDS[ends]}${after} | ${remedy} |`;
}

describe('the failure table', () => {
  it('stands in docs/operations.md as it is in the code', () => {
    const document = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
    const section = document.split('<!-- failures:begin -->')[1]?.split('<!-- failures:end -->')[0];
    const rows = (section ?? '').split('\n').filter((line) => line.startsWith('| `'));
    // Columns are padded in the document.
    expect(rows.map((line) => line.replaceAll(/ +\|/g, ' |'))).toEqual(
      Object.entries(FAILURES).map(row),
    );
  });
});
