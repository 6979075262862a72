import fc from 'fast-check';
import { parseGlob } from '../../text/glob';
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

  it.each([
    ['a/*', 'a/*/b'],
    ['a*', 'b*'],
    ['*/a', '*/b'],
    ['[ab]', '[cd]'],
    ['a/?', 'a//'],
  ])('%s and %s do not where none does', (one, other) => {
    const steps = (written: string) =>
      written.split('').map((char) => (char === '*' ? ({ kind: 'star' } as const) : char));
    expect(mayMeet(steps(one), steps(other))).toBe(false);
  });
});
