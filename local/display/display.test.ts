import { formatBytes, formatSeconds } from './figures';
import { renderTable } from './release-table';
import { createScreen, type Output } from './screen';

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [12_345, '12 KB'],
    [4_230_000, '4.2 MB'],
    [123_456_789, '123 MB'],
    [7.5e15, '7500 TB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('writes seconds to the hundredth', () => {
    expect(formatSeconds(1.2345)).toBe('1.23 s');
  });
});

describe('renderTable', () => {
  it('puts figures under their headings', () => {
    const rows = [
      {
        image: 'api',
        tag: '1.4.2',
        target: 'acme',
        outcome: 'copied',
        bytes: 4_230_000,
        seconds: 0.5,
      },
      { image: 'api', tag: '1.4.2', target: 'globex', outcome: 'waiting' },
    ];
    expect(
      renderTable(rows)
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual([
      '  RELEASE  TAG    TARGETS  OUTCOME   BYTES  DURATION',
      '  api      1.4.2  acme     copied   4.2 MB    0.50 s',
      '  api      1.4.2  globex   waiting',
    ]);
  });
});

describe('screen', () => {
  const record = (isTTY: boolean, rows = 24) => {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    return { written, screen: createScreen({ isTTY, columns: 80, rows, write } as Output) };
  };
  const UP = '\x1b[1A';

  it('on a terminal replaces the drawing and keeps lines above it', () => {
    const { written, screen } = record(true);
    screen.draw('a\nb');
    const drawn = written.length;
    screen.draw('a\nb');
    expect(written).toHaveLength(drawn);
    screen.line('news');
    const [erased, news, again] = written.slice(drawn);
    expect(erased).toContain(UP);
    expect([news, again]).toEqual(['news\n', expect.stringContaining('a\nb\n')]);
    screen.finish('c');
    screen.line('after');
    expect(written.slice(-2).join('')).toMatch(/after\n$/);
    expect(written).toEqual(expect.arrayContaining(['c\n', 'after\n']));
  });

  it('draws no more than the terminal can take away again, and all of it at the end', () => {
    const { written, screen } = record(true, 4);
    const high = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    screen.draw(high);
    expect(written.join('').split('\n').length).toBeLessThanOrEqual(4);
    screen.finish(high);
    expect(written.at(-1)).toBe(`${high}\n`);
  });

  it('elsewhere writes plain lines and the last drawing', () => {
    const { written, screen } = record(false);
    screen.draw('a');
    screen.line('news');
    screen.finish('b');
    expect(written).toEqual(['news\n', 'b\n']);
  });
});
