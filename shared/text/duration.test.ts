import { formatDuration } from './duration';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

it.each([
  [-5, '0 s'],
  [0, '0 s'],
  [440, '0.4 s'],
  [9000, '9 s'],
  [61_900, '61 s'],
  [2 * MINUTE, '2 min'],
  [119 * MINUTE, '119 min'],
  [2 * HOUR, '2 h'],
  [47.9 * HOUR, '47 h'],
  [48 * HOUR, '2 d'],
  [400 * 24 * HOUR, '400 d'],
])('writes %d ms as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
