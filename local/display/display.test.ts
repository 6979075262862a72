import { formatBytes, formatSeconds } from './figures';
import { renderTable } from './release-table';
import { createScreen } from './screen';

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
      '  RELEASE  TAG    TARGET  OUTCOME   BYTES  DURATION',
      '  api      1.4.2  acme    copied   4.2 MB    0.50 s',
      '  api      1.4.2  globex  waiting',
    ]);
  });
});

describe('screen', () => {
  const record = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, screen: createScreen({ isTTY, write: (text) => written.push(text) }) };
  };

  it('on a terminal replaces the drawing and keeps lines above it', () => {
    const { written, screen } = record(true);
    screen.draw('a\nb');
    screen.draw('a\nb');
    screen.line('news');
    screen.finish('c');
    screen.line('after');
    expect(written).toEqual([
      'a\nb\n',
      '\x1b[2A\r\x1b[0Jnews\na\nb\n',
      '\x1b[2A\r\x1b[0Jc\n',
      'after\n',
    ]);
  });

  it('elsewhere writes plain lines and the last drawing', () => {
    const { written, screen } = record(false);
    screen.draw('a');
    screen.line('news');
    screen.finish('b');
    expect(written).toEqual(['news\n', 'b\n']);
  });
});
