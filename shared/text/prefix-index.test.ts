import { anyText, parseGlob } from './glob';
import { meet } from './meet';
import { beginningOf, createPrefixIndex } from './prefix-index';

const GLOBS = ['', 'a', 'ab', 'abc', 'ac', 'b', 'c'].flatMap((text) => [
  `${text}*`,
  `${text}?c`,
  ...(text === '' ? [] : [text]),
]);

const patterns = new Map(
  GLOBS.map((glob) => [glob, parseGlob(glob, anyText).alternatives[0]!] as const),
);

it('finds, for a pattern, all that have a text in common with it, each once', () => {
  const byBeginning = new Map<string, string[]>();
  for (const [glob, steps] of patterns) {
    const beginning = beginningOf(steps);
    byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), glob]);
  }
  const near = createPrefixIndex(byBeginning);
  for (const [glob, steps] of patterns) {
    const found = [...near(beginningOf(steps))];
    const meeting = GLOBS.filter((other) => meet(steps, patterns.get(other)!) !== undefined);
    expect(found).toEqual([...new Set(found)]);
    expect({ glob, found }).toEqual({ glob, found: expect.arrayContaining(meeting) as unknown });
  }
  expect([...near(beginningOf(patterns.get('ab')!))].sort()).toEqual([
    '*',
    '?c',
    'a*',
    'a?c',
    'ab',
    'ab*',
    'ab?c',
  ]);
  expect([...near('abc')].sort()).toEqual([
    '*',
    '?c',
    'a*',
    'a?c',
    'ab*',
    'ab?c',
    'abc',
    'abc*',
    'abc?c',
  ]);
});
