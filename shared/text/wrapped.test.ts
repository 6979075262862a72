import { wrapped } from './wrapped';

const yellow = {
  text: 'is held \u202e back',
  paint: (text: string) => `\u001b[33m${text}\u001b[39m`,
};

describe('text for people', () => {
  it('stays one line if the width is unknown', () => {
    expect(wrapped('one  two '.repeat(50), { indent: '  ' })).toBe(`  ${'one  two '.repeat(50)}`);
  });

  it('is broken between words, with room for the indentation of its lines', () => {
    expect(wrapped('one two three four', { width: 11, indent: '- ', hang: '    ' })).toBe(
      '- one two\n    three\n    four',
    );
  });

  it.each([
    [false, '  see\n  gs://bucket/a/long/name\n  for more'],
    [true, '  see\n  gs://buc\n  ket/a/lo\n  ng/name\n  for more'],
  ])('leaves a name whole, unless it is to be broken hard (%s)', (hard, expected) => {
    const text = 'see gs://bucket/a/long/name for more';
    expect(wrapped(text, { width: 10, indent: '  ', hard })).toBe(expected);
  });

  it('shows what would act on a terminal, and keeps its own colours on each line', () => {
    expect(wrapped(['a\u001b[2J\nb ', yellow], { width: 22 })).toBe(
      'a\\u001b[2J\\u000ab \u001b[33mis\u001b[39m\n\u001b[33mheld \\u202e back\u001b[39m',
    );
  });
});
