import { isVisible, oneLine } from './untrusted';

it.each([
  ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
  ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
  ['a C1 control', '\u009b31m', '\\u009b31m'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['a turn of direction', 'a\u202eb', 'a\\u202eb'],
  ['a mark of direction', 'a\u200fb', 'a\\u200fb'],
  ['an isolate', 'a\u2066b', 'a\\u2066b'],
  ['what is not seen', 'a\u200b\u2060\ufeff\u00adb', 'a\\u200b\\u2060\\ufeff\\u00adb'],
  ['a tag character', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
  ['half a character', 'a\ud83cb', 'a\\ud83cb'],
])('writes %s as its escape', (_name, text, line) => {
  expect(oneLine(text)).toBe(line);
});

it('leaves all other text as it is', () => {
  const text = 'no rule "ü – 東" for gcr.io/a/b:1 \\ 🎉';
  expect(oneLine(text)).toBe(text);
});
it.each(['a', ' 7 ', '!', '理由', '🚒', '\u200B.\u200B'])('sees %j', (text) => {
  expect(isVisible(text)).toBe(true);
});

it.each([
  ['nothing', ''],
  ['spaces', ' \t\n\u00A0\u2003\u3000'],
  ['a zero-width space', '\u200B'],
  ['joiners and a byte order mark', '\u200C\u200D\u2060\uFEFF'],
  ['marks of direction', '\u200E\u202E\u2066'],
  ['a soft hyphen', '\u00AD'],
  ['Hangul fillers', '\u115F\u1160\u3164\uFFA0'],
  ['a blank Braille pattern', '\u2800'],
  ['a variation selector', '\uFE0F'],
  ['an accent without its letter', '\u0301'],
  ['a tag character', '\u{E0041}'],
  ['control characters', '\u0007\u001B'],
])('does not see %s', (_, text) => {
  expect(isVisible(text)).toBe(false);
});
