import { formatCsv } from './csv';

const bodyOf = (...cells: (string | number)[]): string | undefined =>
  formatCsv(
    ['a', 'b'],
    cells.map((a) => ({ a })),
  ).split('\r\n')[1];

it('writes a line of names, and what is not there as nothing', () => {
  expect(formatCsv(['a', 'b'], [{ b: true }, { a: 7 }])).toBe('a,b\r\n,true\r\n7,\r\n');
});

it('quotes what would end a cell', () => {
  expect(bodyOf('x, "y"')).toBe('"x, ""y""",');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\r=1', '\n=1'])('marks %j as text', (text) => {
  expect(bodyOf(text)).toMatch(/^"?'/);
});

it.each(["o'neill", 'a=b', '1-2', "'x"])('leaves %s as it is', (text) => {
  expect(bodyOf(text)).toBe(`${text},`);
});
