import fc from 'fast-check';
import { anyText, parseGlob } from './glob';
import { meet } from './meet';
import { samplesOf, type Steps } from './steps';

/** The patterns that globs have in common. */
function common(one: string, other: string): Steps[] {
  const [left, right] = [one, other].map((glob) => parseGlob(glob, anyText).alternatives);
  return left!.flatMap((a) => right!.map((b) => meet(a, b))).filter((steps) => steps !== undefined);
}

describe('two patterns', () => {
  const glob = fc
    .array(fc.constantFrom('a', 'b', '/', '*', '**', '?', '[ab]'), {
      minLength: 1,
      maxLength: 6,
    })
    .map((parts) => parts.join('').replaceAll(/\*{3,}/g, '**'));
  const text = fc
    .array(fc.constantFrom('a', 'b', '/'), { maxLength: 5 })
    .map((all) => all.join(''));
  const read = (written: string) => {
    try {
      return parseGlob(written, anyText);
    } catch {
      return undefined;
    }
  };

  it('meet wherever a text matches both, in a pattern whose samples match both', () => {
    let met = 0;
    fc.assert(
      fc.property(glob, glob, text, (one, other, tried) => {
        const [left, right] = [read(one), read(other)];
        if (left === undefined || right === undefined) return;
        const found = common(one, other);
        if (left.matches(tried) && right.matches(tried)) {
          met += 1;
          expect(found).not.toEqual([]);
        }
        for (const sample of found.flatMap(samplesOf)) {
          expect([sample, left.matches(sample), right.matches(sample)]).toEqual([
            sample,
            true,
            true,
          ]);
        }
      }),
      { numRuns: 20_000 },
    );
    expect(met).toBeGreaterThan(100);
  });

  it.each([
    ['a/*', 'a/*/b'],
    ['a*', 'b*'],
    ['*/a', '*/b'],
    ['a', 'ab'],
    ['a*', 'ba'],
    ['ab/', 'ba/'],
    ['*a/', '*b/'],
    ['[ab]', '[cd]'],
    ['[ab]c', '[ab]d'],
    ['a/?', 'a//'],
    ['?', '/'],
    ['*', '/'],
    ['*', 'a/'],
    ['[ab]', '/'],
  ])('%s and %s do not where none does', (one, other) => {
    expect([common(one, other), common(other, one)]).toEqual([[], []]);
  });

  it.each([
    ['a', 'a', ['a']],
    ['[ab]', '[bc]', ['b']],
    ['[ab]', '?', ['a', 'b']],
    ['[ab]', '*', ['a', 'b']],
    ['?', '*', ['x', '0', 'a', 'b']],
    ['**', '/', ['/']],
    ['*a', 'b*', ['ba', 'bxa', 'b0a', 'baa', 'bba']],
    ['*', '**', ['', 'x', '0', 'a', 'b']],
    ['a*b', 'ab', ['ab']],
    ['**', 'a/*', ['a/', 'a/x', 'a/0', 'a/a', 'a/b']],
    ['*/b', 'a/*', ['a/b']],
    ['[ab]-b**', '?**/b', ['a-b/b', 'b-b/b', 'a-bx/b', 'b-b0/b', 'a-ba/b', 'b-bb/b']],
  ])('%s and %s meet in %j, whichever comes first', (one, other, samples) => {
    expect(common(one, other).flatMap(samplesOf)).toEqual(samples);
    expect(common(other, one).flatMap(samplesOf)).toEqual(samples);
  });

  it('meet in a time that is bounded by their lengths, not by their stars', () => {
    expect(common('a*'.repeat(100), `${'*b'.repeat(100)}/`)).toEqual([]);
  });
});
