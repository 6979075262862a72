import { accepts, ANY, repeats, type Step, type Steps } from '../glob';

/** What texts look like that are worth trying; what comes out is judged by the matcher all the same. */
export interface Grammar {
  /** Whether `next` may come after `previous`, which is undefined at the start. */
  readonly mayFollow: (previous: string | undefined, next: string) => boolean;
  readonly mayEnd: (last: string) => boolean;
}

/** Repository paths (distribution-spec, "Pulling manifests"): separators stand between letters and digits. */
export const pathGrammar: Grammar = {
  mayFollow: (previous, next) =>
    isAlphanumeric(next) ||
    (previous !== undefined &&
      (isAlphanumeric(previous) || ((next === '-' || next === '_') && previous === next))),
  mayEnd: isAlphanumeric,
};

/** Names of objects: any characters. */
export const nameGrammar: Grammar = { mayFollow: () => true, mayEnd: () => true };

/** Tags (distribution-spec): no "." or "-" at the start. */
export const tagGrammar: Grammar = {
  mayFollow: (previous, next) => previous !== undefined || !/[.-]/.test(next),
  mayEnd: isAlphanumeric,
};

function isAlphanumeric(char: string): boolean {
  return /[A-Za-z0-9]/.test(char);
}

/** What a search may still cost; shared by all searches in one file, so that any file loads in seconds. */
export interface Budget {
  steps: number;
}

/** Characters for what both patterns leave open: more than one, as a clause may exclude what one gives. */
const FILLERS = ['x', '0', 'a', 'b'];

/**
 * Short texts that both patterns match; none when no text does. A star stands for nothing
 * where it may, and then for something, as what is left of an image or tag without it may be no name.
 */
export function* commonTexts(
  a: Steps,
  b: Steps,
  grammar: Grammar,
  budget: Budget,
): Generator<string> {
  if (budget.steps-- <= 0 || !mayEndAlike(a, b)) return;
  for (const left of variantsOf(a)) {
    for (const right of variantsOf(b)) {
      for (const filler of FILLERS) {
        const text = commonText(left, right, filler, grammar, budget);
        if (text !== undefined) yield text;
        else if (left === a && right === b) return;
        else break;
      }
    }
  }
}

/** False when the literal ends of two patterns exclude each other: a quick answer for most pairs. */
function mayEndAlike(a: Steps, b: Steps): boolean {
  for (let back = 1; back <= Math.min(a.length, b.length); back++) {
    const [left, right] = [a[a.length - back], b[b.length - back]];
    if (typeof left !== 'string' || typeof right !== 'string') return true;
    if (left !== right) return false;
  }
  return true;
}

function variantsOf(steps: Steps): Steps[] {
  const longer = (more: (step: Step) => Steps): Steps =>
    steps.flatMap((step) => (repeats(step) ? more(step) : [step]));
  return [steps, longer((step) => [ANY, step]), longer((step) => [step, ANY])];
}

/** A walk over the pairs of positions in both patterns, so the time is bounded by their lengths. */
function commonText(
  a: Steps,
  b: Steps,
  filler: string,
  grammar: Grammar,
  budget: Budget,
): string | undefined {
  const seen = new Set<string>();
  const queue = [{ p: 0, q: 0, text: '' }];
  for (const { p, q, text } of queue) {
    const previous = text.at(-1);
    const state = `${p} ${q} ${previous ?? ''}`;
    if (seen.has(state)) continue;
    if (budget.steps-- <= 0) return undefined;
    seen.add(state);
    const [left, right] = [a[p], b[q]];
    if (left === undefined && right === undefined) {
      if (previous !== undefined && grammar.mayEnd(previous)) return text;
      continue;
    }
    if (repeats(left)) queue.push({ p: p + 1, q, text });
    if (repeats(right)) queue.push({ p, q: q + 1, text });
    if (left === undefined || right === undefined) continue;
    for (const char of commonCharacters(left, right, filler)) {
      if (!grammar.mayFollow(previous, char)) continue;
      queue.push({
        p: repeats(left) ? p : p + 1,
        q: repeats(right) ? q : q + 1,
        text: text + char,
      });
    }
  }
  return undefined;
}

function commonCharacters(left: Step, right: Step, filler: string): string[] {
  return [...samples(left, filler), ...samples(right, filler)].filter(
    (char) => accepts(left, char) && accepts(right, char),
  );
}

function samples(step: Step, filler: string): string[] {
  if (typeof step === 'string') return [step];
  return step.kind === 'class' ? Array.from(step.characters) : [filler];
}
