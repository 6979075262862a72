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
    [['*'], ['x', '0', 'a', 'b']],
    // What is found with one of the stars longer is found, although none is with another.
    [
      ['*a/x', '*/x*'],
      ['a/x', 'xa/x', '0a/x', 'aa/x', 'ba/x'],
    ],
    [
      ['[ab]-b**', '?**/b'],
      ['a-b/b', 'a-bx/b', 'a-b0/b', 'a-ba/b', 'a-bb/b'],
    ],
    [
      ['**b-[ab]', 'b/**?'],
      ['b/b-a', 'b/xb-a', 'b/0b-a', 'b/ab-a', 'b/bb-a'],
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
    expect(texts(['a*', '*b'], 11)).toStrictEqual([]);
    expect(texts(['a*', '*b'], 12)).toStrictEqual(['ab']);
  });

  it.each([
    // Literal ends that exclude each other are told at once.
    [['*-a', '*-b'], 1],
    [['*-ac', '*-bc'], 1],
    [['a', 'b'], 1],
    // Nothing in common means nothing where a star is longer.
    [['a*', 'b*'], 2],
    [['?-a', '*?a', '[bc]a'], 9],
  ])('of %j, which have none, are given up after %d steps', (globs, steps) => {
    const budget = { steps: 1000 };
    expect([...commonTexts(patternsOf(globs), grammar, budget)]).toStrictEqual([]);
    expect(1000 - budget.steps).toBe(steps);
  });

  it('are found in a time that is bounded by the lengths of the patterns, not by their stars', () => {
    const budget = { steps: 5000 };
    const stars = ['a*a*a*a*a*a*a*', 'b*a*b*a*a*', '*c*'];
    expect(texts(stars.map((glob) => glob.slice(1)))).not.toEqual([]);
    expect([...commonTexts(patternsOf(stars), grammar, budget)]).toStrictEqual([]);
    expect(budget.steps).toBeGreaterThan(4000);
  });
});
