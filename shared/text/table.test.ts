import { stripVTControlCharacters, styleText } from 'node:util';
import stringWidth from 'string-width';
import { formatTable } from './table';

const red = (text: string) => styleText('red', text, { validateStream: false });
const columns = [{ name: 'ID' }, { name: 'WHAT' }];
const linesOf = (table: string) => stripVTControlCharacters(table).split('\n');

it('aligns columns under their names, numbers to the right', () => {
  const rows = [
    ['api:1.4.2', '1 B'],
    ['x', '4.2 MB'],
  ];
  const table = formatTable({
    columns: [{ name: 'RELEASE' }, { name: 'BYTES', align: 'right' }],
    rows,
    indent: '  ',
  });
  expect(linesOf(table)).toEqual([
    '  RELEASE     BYTES',
    '  api:1.4.2     1 B',
    '  x          4.2 MB',
  ]);
});

it('wraps nothing if there is no terminal', () => {
  const long = 'word '.repeat(100).trimEnd();
  expect(linesOf(formatTable({ columns, rows: [['1', long]] }))[1]).toBe(`1   ${long}`);
});

it.each([60, 80, 120])('stays within a terminal of %d columns, and loses nothing', (width) => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const rows = [
    ['us-docker.pkg.dev/acme-prod/vendor/services/api', `holds ${digest} instead`],
    ['short', 'denied: the customer grants the copier roles/artifactregistry.writer'],
  ];
  const lines = linesOf(formatTable({ columns, rows, width }));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  const second = lines[0]?.indexOf('WHAT') ?? 0;
  const columnOf = (from: number, to?: number) =>
    lines.map((line) => line.slice(from, to).replaceAll(/\s/g, '')).join('');
  expect(columnOf(0, second)).toContain('us-docker.pkg.dev/acme-prod/vendor/services/api');
  expect(columnOf(second)).toContain(`holds${digest}instead`);
});

it('lets the widest column give way, and keeps the others whole', () => {
  const rows = [['a-name-of-twenty-six-chars', 'word '.repeat(30).trimEnd()]];
  const lines = linesOf(formatTable({ columns, rows, width: 70 }));
  expect(lines[1]).toMatch(/^a-name-of-twenty-six-chars {2}word/);
  expect(lines.length).toBeGreaterThan(4);
});

it('breaks names behind their signs, and only a part that is too long within itself', () => {
  const rows = [['1', 'us-docker.pkg.dev/acme/vendor/api:1.4.2 and a-part-of-twenty-five-signs']];
  const lines = linesOf(formatTable({ columns, rows, width: 25 }));
  expect(lines.slice(1)).toEqual([
    '1   us-docker.pkg.dev/',
    '    acme/vendor/api:1.4.2',
    '    and',
    '    a-part-of-twenty-five',
    '    -signs',
  ]);
});

it('stays a table where the terminal is narrower than any table', () => {
  const rows = [['a'.repeat(40), 'b'.repeat(40)]];
  const lines = linesOf(formatTable({ columns, rows, width: 10 }));
  expect(lines[1]).toBe(`${'a'.repeat(8)}  ${'b'.repeat(8)}`);
  expect(lines).toHaveLength(6);
});

it('knows how wide characters are, and that colours have no width', () => {
  const rows = [
    [{ text: 'missing', paint: red }, '日本語'],
    ['x', 'ascii'],
    ['👧🏽', 'child'],
  ];
  const [, ...lines] = linesOf(formatTable({ columns, rows }));
  const second = lines.map((line) => stringWidth(line.slice(0, line.search(/日|ascii|child/))));
  expect(second).toEqual([9, 9, 9]);
});

it('paints each line of a wrapped cell, but not the spaces next to it', () => {
  const rows = [[{ text: 'attachments missing', paint: red }, 'x']];
  const [, ...lines] = formatTable({ columns, rows, width: 17 }).split('\n');
  expect(lines).toEqual([`${red('attachments')}  x`, red('missing')]);
});

it('shows what would act on the terminal, or disguise a name, as text', () => {
  const rows = [['a\u001b[2Jb', 'c\u202ed\u200b\u009b'], [{ text: '\u001b[31m', paint: red }]];
  expect(formatTable({ columns, rows }).split('\n').slice(1)).toEqual([
    'a\\u001b[2Jb  c\\u202ed\\u200b\\u009b',
    red('\\u001b[31m'),
  ]);
});

it('keeps the lines that a cell has', () => {
  expect(linesOf(formatTable({ columns, rows: [['1', 'one\ntwo']] }))).toEqual([
    'ID  WHAT',
    '1   one',
    '    two',
  ]);
});
