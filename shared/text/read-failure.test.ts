import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFailure } from './read-failure';

const failureOf = (path: string): string => {
  try {
    readFileSync(path);
    return 'none';
  } catch (error) {
    return readFailure(error);
  }
};

it.each([
  [join(__dirname, 'nowhere.yaml'), 'does not exist'],
  [join(__filename, 'below.yaml'), 'does not exist'],
  [__dirname, 'is a directory, not a file'],
])('names the cause for %s', (path, expected) => expect(failureOf(path)).toBe(expected));

it('keeps the message of other errors', () => {
  expect(readFailure(new Error('odd'))).toBe('cannot be read: odd');
  expect(readFailure('odd')).toBe('cannot be read: odd');
});
