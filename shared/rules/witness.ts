import { accepts, repeats, type Step, type Steps } from './glob';

/** Whether `next` may come after `previous`, which is undefined at the start. */
export type Grammar = (previous: string | undefined, next: string) => boolean;

/** Repository paths (distribution-spec, "Pulling manifests"): separators stand between letters and digits. */
export const pathGrammar: Grammar = (previous, next) =>
  isAlphanumeric(next) ||
  (previous !== undefined &&
    (isAlphanumeric(previous) || ((next === '-' || next === '_') && previous === next)));

/** Tags (distribution-spec): no "." or "-" at the start. */
export const tagGrammar: Grammar = (previous, next) => previous !== undefined || !/[.-]/.test(next);

function isAlphanumeric(char: string): boolean {
  return /[A-Za-z0-9]/.test(char);
}

/**
 * A short text that both patterns match, with `filler` where anything would do; undefined when there is none. It ends with
 * a letter or digit. A walk over the pairs of positions in both patterns, so the time is bounded by their lengths.
 */
export function commonText(
  a: Steps,
  b: Steps,
  filler: string,
  grammar: Grammar,
): string | undefined {
  const seen = new Set<string>();
  const queue = [{ p: 0, q: 0, text: '' }];
  for (const { p, q, text } of queue) {
    const previous = text.at(-1);
    const state = `${p} ${q} ${previous ?? ''}`;
    if (seen.has(state)) continue;
    seen.add(state);
    const [left, right] = [a[p], b[q]];
    if (left === undefined && right === undefined && isAlphanumeric(previous ?? '')) return text;
    if (repeats(left)) queue.push({ p: p + 1, q, text });
    if (repeats(right)) queue.push({ p, q: q + 1, text });
    if (left === undefined || right === undefined) continue;
    for (const char of commonCharacters(left, right, filler)) {
      if (!grammar(previous, char)) continue;
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
