import { RULE_KINDS } from '../../kinds/rules';
import { parseGlob } from '../../text/glob';
import type { Steps } from '../../text/steps';
import { combinations, commonTexts } from './common-texts';

const { grammar } = RULE_KINDS.image.paths;

/** Globs without braces and `**` between slashes are one pattern each. */
function patternsOf(globs: readonly string[]): Steps[] {
  return globs.flatMap((glob) => parseGlob(glob, grammar).alternatives);
}

/** Each text once, in the order in which they are found. */
function texts(globs: readonly string[], steps = 1000): string[] {
  return [...new Set(commonTexts(patternsOf(globs), grammar, { steps }))];
}

it.each<[number[][], number[][]]>([
  [[], [[]]],
  [[[1, 2]], [[1], [2]]],
  [
    [[1, 2], [3], [4, 5]],
    [
      [1, 3, 4],
      [1, 3, 5],
      [2, 3, 4],
      [2, 3, 5],
    ],
  ],
  [[[1, 2], []], []],
])('one of each of %j, in every way, is %j', (lists, expected) => {
  expect(combinations(lists)).toEqual(expected);
});

describe('the texts that all patterns match', () => {
  it.each([
    [['api'], ['api']],
    [['api', 'api'], ['api']],
    [
      ['?', '?'],
      ['x', '0', 'a', 'b'],
    ],
    [['[ab]', '[bc]'], ['b']],
    [['[ab]', '?', '[cb]'], ['b']],
    // A star stands for nothing where it may, then for something before or behind.
    [['a*', '*b'], ['ab']],
    [
      ['a*', '*'],
      ['a', 'ax', 'a0', 'aa', 'ab'],
    ],
    [
      ['*-x', 'a*-x'],
      ['a-x', 'ax-x', 'a0-x', 'aa-x', 'ab-x'],
    ],
    [['*/b', 'a/*'], ['a/b']],
    [
      ['**', 'a/*'],
      ['a/x', 'a/0', 'a/a', 'a/b'],
    ],
    [
      ['*a', 'a?a'],
      ['axa', 'a0a', 'aaa', 'aba'],
    ],
  ])('of %j are %j', (globs, expected) => expect(texts(globs)).toStrictEqual(expected));

  it.each([
    [['a', 'b']],
    [['ab', 'cb', 'ab']],
    [['a', 'ab']],
    [['?', 'a?']],
    [['a*', 'b*']],
    [['*a', '*b']],
    [['*', '*/*']],
    // No name has a separator at its end, or two of them at once.
    [['a-*', 'a-']],
    [['a_*', 'a?-*']],
  ])('of %j are none', (globs) => expect(texts(globs)).toStrictEqual([]));

  it('are looked for within what the search may still cost', () => {
    expect(texts(['a*', '*b'], 0)).toStrictEqual([]);
    expect(texts(['a*', '*b'], 2)).toStrictEqual([]);
    const budget = { steps: 1000 };
    // Literal ends that exclude each other are told at once.
    expect([...commonTexts(patternsOf(['*-a', '*-b']), grammar, budget)]).toStrictEqual([]);
    expect(budget.steps).toBe(999);
    expect([...commonTexts(patternsOf(['?-a', '*?a', '[bc]a']), grammar, budget)]).toStrictEqual(
      [],
    );
    expect(budget.steps).toBeLessThan(998);
  });

  it('are found in a time that is bounded by the lengths of the patterns, not by their stars', () => {
    const budget = { steps: 5000 };
    const stars = ['a*a*a*a*a*a*a*', 'b*a*b*a*a*', '*c*'];
    expect(texts(stars.map((glob) => glob.slice(1)))).not.toEqual([]);
    expect([...commonTexts(patternsOf(stars), grammar, budget)]).toStrictEqual([]);
    expect(budget.steps).toBeGreaterThan(4000);
  });
});
