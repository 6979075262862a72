import type { Grammar } from './glob';
import { accepts, exampleOf, matchAny, repeats, type Step, type Steps } from './steps';

/** The texts that patterns are about. */
export interface Texts {
  readonly grammar: Pick<Grammar, 'allowed' | 'mayFollow'>;
  /** Whether such a text is valid as a whole. */
  readonly isText: (text: string) => boolean;
}

/**
 * The most sets of positions that are looked at: usual patterns have some dozens, and a file may have ten thousand rules.
 */
const MOST_STATES = 2000;

/**
 * True where it is certain that no text matches one of `inner` and none of `outer`; false also where to find out takes
 * too long. Walks over the positions in all patterns at once, so that the shortest such text is found first.
 */
export function leavesNothing(
  inner: readonly Steps[],
  outer: readonly Steps[],
  { grammar, isText }: Texts,
): boolean {
  if (hasExample(inner, outer, { grammar, isText })) return false;
  const characters = alphabetOf([...inner, ...outer], grammar);
  const seen = new Set<string>();
  const queue = [{ text: '', in: startOf(inner), out: startOf(outer) }];
  for (const { text, in: inside, out: outside } of queue) {
    if (hasEnded(inner, inside) && !hasEnded(outer, outside) && isText(text)) return false;
    for (const char of characters) {
      if (!grammar.mayFollow(text.at(-1), char)) continue;
      const next = { in: after(inner, inside, char), out: after(outer, outside, char) };
      const key = `${next.in.join(' ')}|${next.out.join(' ')}`;
      if (next.in.length === 0 || seen.has(key)) continue;
      if (seen.size === MOST_STATES) return false;
      seen.add(key);
      queue.push({ text: text + char, ...next });
    }
  }
  return true;
}

/** A quick look before the walk: usually one example of the pattern is such a text, and a file may have ten thousand rules. */
function hasExample(
  inner: readonly Steps[],
  outer: readonly Steps[],
  { grammar: { allowed, mayFollow }, isText }: Texts,
): boolean {
  const isTaken = matchAny(outer);
  const isWritten = (text: string): boolean =>
    Array.from(text).every((char, at) => allowed.test(char) && mayFollow(text[at - 1], char));
  return inner.some((steps) =>
    ['', 'x'].some((filling) => {
      const text = exampleOf(steps, filling);
      return isWritten(text) && isText(text) && !isTaken(text);
    }),
  );
}

/** Where in which of several patterns a text may have got to: `pattern:position`. */
type Reached = readonly string[];

function startOf(patterns: readonly Steps[]): Reached {
  return positions(patterns.flatMap((steps, which) => reach(steps, which, 0)));
}

function after(patterns: readonly Steps[], reached: Reached, char: string): Reached {
  return positions(
    reached.flatMap((at) => {
      const [which = 0, position = 0] = at.split(':').map(Number);
      const steps = patterns[which] ?? [];
      const step = steps[position];
      if (step === undefined || !accepts(step, char)) return [];
      return reach(steps, which, repeats(step) ? position : position + 1);
    }),
  );
}

function hasEnded(patterns: readonly Steps[], reached: Reached): boolean {
  return patterns.some((steps, which) => reached.includes(`${which}:${steps.length}`));
}

/** A position, and those after it that need no character. */
function reach(steps: Steps, which: number, position: number): string[] {
  const here = `${which}:${position}`;
  return repeats(steps[position]) ? [here, ...reach(steps, which, position + 1)] : [here];
}

function positions(some: readonly string[]): Reached {
  return [...new Set(some)].sort();
}

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');

/** Every character that a pattern tells from others, and one of each sort for those that none does. */
function alphabetOf(patterns: readonly Steps[], { allowed }: Texts['grammar']): string[] {
  const told = new Set(patterns.flat().flatMap(charactersOf));
  const other = LETTERS.filter((letter) => !told.has(letter)).slice(0, 1);
  return [...new Set([...told, '-', '.', '_', ...other])].filter((char) => allowed.test(char));
}

function charactersOf(step: Step): string[] {
  if (typeof step === 'string') return [step];
  return step.kind === 'class' ? Array.from(step.characters) : [];
}
