import type { Grammar } from '../../text/glob';
import { accepts, ANY, repeats, type Step, type Steps } from '../../text/steps';

/** What a search may still cost; shared by all searches in one file, so that any file loads in seconds. */
export interface Budget {
  steps: number;
}

/** Characters that stand for a wildcard: several, as a clause may exclude the text that one of them makes. */
const FILLERS = ['x', '0', 'a', 'b'];

/** One of each list, in every way. */
export function combinations<Item>(lists: readonly (readonly Item[])[]): Item[][] {
  return lists.reduce<Item[][]>(
    (made, list) => made.flatMap((some) => list.map((item) => [...some, item])),
    [[]],
  );
}

/**
 * Short texts that all the patterns match; none when no text does. A star stands for nothing
 * where it may, and then for something, as what is left of an image or tag without it may be no name.
 */
export function* commonTexts(
  patterns: readonly Steps[],
  grammar: Grammar,
  budget: Budget,
): Generator<string> {
  if (budget.steps-- <= 0 || !mayAllEndAlike(patterns)) return;
  const [asTheyAre, ...longer] = combinations(patterns.map(variantsOf));
  for (const variant of [asTheyAre ?? [], ...longer]) {
    for (const filler of FILLERS) {
      const text = commonText(variant, filler, grammar, budget);
      if (text !== undefined) yield text;
      else if (variant === asTheyAre) return;
      else break;
    }
  }
}

function mayAllEndAlike(patterns: readonly Steps[]): boolean {
  return patterns.every((one) => patterns.every((other) => mayEndAlike(one, other)));
}

/** False when the literal ends of two patterns exclude each other: a quick answer for most pairs. */
function mayEndAlike(a: Steps, b: Steps): boolean {
  for (let back = 1; ; back++) {
    const [left, right] = [a[a.length - back], b[b.length - back]];
    if (typeof left !== 'string' || typeof right !== 'string') return true;
    if (left !== right) return false;
  }
}

function variantsOf(steps: Steps): Steps[] {
  const longer = (more: (step: Step) => Steps): Steps =>
    steps.flatMap((step) => (repeats(step) ? more(step) : [step]));
  return [steps, longer((step) => [ANY, step]), longer((step) => [step, ANY])];
}

/** A walk over the positions in all patterns at once, so the time is bounded by their lengths. */
function commonText(
  patterns: readonly Steps[],
  filler: string,
  grammar: Grammar,
  budget: Budget,
): string | undefined {
  const seen = new Set<string>();
  const queue = [{ at: patterns.map(() => 0), text: '' }];
  for (const { at, text } of queue) {
    const previous = text.at(-1);
    const state = `${at.join(' ')} ${previous ?? ''}`;
    if (seen.has(state)) continue;
    if (budget.steps-- <= 0) return undefined;
    seen.add(state);
    const steps = patterns.map((pattern, index) => pattern[at[index] ?? 0]);
    if (steps.every((step) => step === undefined)) {
      if (previous !== undefined && grammar.mayEnd(previous)) return text;
      continue;
    }
    for (const [index, step] of steps.entries()) {
      if (repeats(step)) queue.push({ at: at.with(index, (at[index] ?? 0) + 1), text });
    }
    const present = steps.filter((step) => step !== undefined);
    if (present.length < steps.length) continue;
    const next = at.map((position, index) => (repeats(steps[index]) ? position : position + 1));
    for (const char of commonCharacters(present, filler)) {
      if (grammar.mayFollow(previous, char)) queue.push({ at: next, text: text + char });
    }
  }
  return undefined;
}

function commonCharacters(steps: readonly Step[], filler: string): string[] {
  return steps
    .flatMap((step) => samples(step, filler))
    .filter((char) => steps.every((step) => accepts(step, char)));
}

function samples(step: Step, filler: string): string[] {
  if (typeof step === 'string') return [step];
  return step.kind === 'class' ? Array.from(step.characters) : [filler];
}
