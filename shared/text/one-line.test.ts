import { oneLine } from './one-line';

it.each([
  ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
  ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
  ['a C1 control', '\u009b31m', '\\u009b31m'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['a turn of direction', 'a\u202eb', 'a\\u202eb'],
])('writes %s as its escape', (_name, text, line) => {
  expect(oneLine(text)).toBe(line);
});

it('leaves all other text as it is', () => {
  const text = 'no rule "ü – 東" for gcr.io/a/b:1 \\ 🎉';
  expect(oneLine(text)).toBe(text);
});
