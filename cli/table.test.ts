import { stripVTControlCharacters, styleText } from 'node:util';
import { renderTable } from './table';

const head = ['ID', 'WHAT'];
const rowsOf = (count: number) => Array.from({ length: count }, (_, at) => [`row ${at}`, 'x']);
const linesOf = (table: string) => stripVTControlCharacters(table).split('\n');

it('is one table, however many rows it has', () => {
  const lines = linesOf(renderTable({ head, rows: rowsOf(1001) }));
  expect(lines).toHaveLength(1001 + 3);
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([lines[0]!.length]));
  expect(lines.filter((line) => /^[┌├└]/.test(line))).toEqual([
    '┌──────────┬──────┐',
    '└──────────┴──────┘',
  ]);
  expect(lines[1]).toBe('│ ID       │ WHAT │');
  expect(lines.at(-2)).toBe('│ row 1000 │ x    │');
});

it('has lines between rows where it is told to', () => {
  const lines = linesOf(renderTable({ head, rows: rowsOf(500), isRuled: true }));
  expect(lines).toHaveLength(2 * 501 + 1);
  expect(new Set(lines.filter((_, at) => at % 2 === 0).slice(1, -1))).toEqual(
    new Set(['├─────────┼──────┤']),
  );
});

it('wraps the last column, and no other', () => {
  const rows = [['a'.repeat(90), `${'b '.repeat(20)}b`]];
  const lines = linesOf(renderTable({ head, rows, lastWidth: 22 }));
  expect(lines.filter((line) => line.includes('b'))).toHaveLength(3);
  expect(lines.find((line) => line.includes('a'.repeat(90)))).toContain('b b');
});

it('breaks a word that is longer than the last column, and loses nothing of it', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const lines = linesOf(renderTable({ head, rows: [['1', `holds ${digest};`]], lastWidth: 42 }));
  const words = lines.slice(2, -1).map((line) => line.split('│')[2]?.trim());
  expect(words).toEqual(['holds', digest.slice(0, 40), `${digest.slice(40)};`]);
});

it('loses nothing of what is coloured or wide', () => {
  const rows = [[styleText('red', 'missing', { validateStream: false }), '日本語'.repeat(5)]];
  expect(stripVTControlCharacters(renderTable({ head, rows }))).toMatch(
    /│ missing │ (?:日本語){5} +│/,
  );
});
