import { isVisible } from './visible';

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
