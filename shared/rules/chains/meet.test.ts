import fc from 'fast-check';
import { anyText, parseGlob } from '../../text/glob';
import { mayMeet } from './meet';

describe('two patterns', () => {
  const glob = fc
    .array(fc.constantFrom('a', 'b', '/', '*', '**', '?', '[ab]'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(''));
  const text = fc
    .array(fc.constantFrom('a', 'b', '/'), { maxLength: 5 })
    .map((all) => all.join(''));

  it('may meet wherever a text matches both', () => {
    const read = (written: string) => {
      try {
        return parseGlob(written, { allowed: /^[ab/]$/, what: 'a text' });
      } catch {
        return undefined;
      }
    };
    let met = 0;
    fc.assert(
      fc.property(glob, glob, text, (one, other, tried) => {
        const [left, right] = [read(one), read(other)];
        if (!left?.matches(tried) || !right?.matches(tried)) return;
        met += 1;
        const may = left.alternatives.some((a) => right.alternatives.some((b) => mayMeet(a, b)));
        expect(may).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(met).toBeGreaterThan(100);
  });

  const may = (one: string, other: string): boolean => {
    const [left, right] = [one, other].map((written) => parseGlob(written, anyText).alternatives);
    return left!.some((a) => right!.some((b) => mayMeet(a, b)));
  };

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
    expect([may(one, other), may(other, one)]).toEqual([false, false]);
  });

  it.each([
    ['[ab]', '[bc]'],
    ['[ab]', '?'],
    ['[ab]', '*'],
    ['**', '/'],
    ['*a', 'b*'],
    ['*', '**'],
    ['a*b', 'ab'],
  ])('%s and %s do, whichever comes first', (one, other) => {
    expect([may(one, other), may(other, one)]).toEqual([true, true]);
  });
});
