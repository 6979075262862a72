import { anyText, parseGlob } from './glob';
import { leavesNothing } from './glob-difference';

const grammar = {
  allowed: /^[ab.]$/,
  what: 'a text of a, b and dots',
  mayFollow: (previous: string | undefined, next: string) => previous !== undefined || next !== '.',
};
const isText = (text: string): boolean => text.length > 0 && text.length < 6;
const TEXTS = textsUpTo(5).filter((text) => text !== '' && !text.startsWith('.'));

function textsUpTo(length: number): string[] {
  if (length === 0) return [''];
  const shorter = textsUpTo(length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => ['a', 'b', '.'].map((char) => text + char))];
}

const GLOBS = [
  '*',
  'a*',
  '*a',
  'a',
  '?',
  '??*',
  '[ab]*',
  '*.*',
  '*..',
  '[b.]',
  'b?b',
  '{a,b}',
  '.*',
];

it.each(GLOBS)('of what %s matches, what no two others do is found where there is some', (glob) => {
  const inner = parseGlob(glob, grammar);
  for (const excludes of GLOBS.flatMap((one) => GLOBS.map((other) => [one, other]))) {
    const outer = excludes.map((text) => parseGlob(text, grammar));
    const left = TEXTS.some(
      (text) => inner.matches(text) && !outer.some(({ matches }) => matches(text)),
    );
    const steps = outer.flatMap(({ alternatives }) => alternatives);
    const nothing = leavesNothing(inner.alternatives, steps, { grammar, isText });
    expect({ excludes, nothing }).toEqual({ excludes, nothing: !left });
  }
});

it('is known of what a glob is like without a walk', () => {
  const [inner, outer] = ['v*', '*-rc*'].map((text) => parseGlob(text, anyText).alternatives);
  let steps = 0;
  const mayFollow = (): boolean => ++steps > 0;
  const texts = { grammar: { allowed: /./, mayFollow }, isText: () => true };
  expect(leavesNothing(inner!, outer!, texts)).toBe(false);
  expect(steps).toBe(1);
});

it('gives up where it would take for ever, and says then that there is some', () => {
  const many = Array.from({ length: 14 }, (_, at) => `*a${'?'.repeat(at)}`);
  const outer = [...many, '*'].map((text) => parseGlob(text, grammar).alternatives);
  const inner = parseGlob('*', grammar).alternatives;
  expect(leavesNothing(inner, outer.flat(), { grammar, isText: () => true })).toBe(false);
});
