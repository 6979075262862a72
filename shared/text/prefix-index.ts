import { literalPrefix, isLiteral, type Steps } from './steps';

/** What the texts of a pattern begin with; of a pattern of one text also that it ends there. */
export function beginningOf(steps: Steps): string {
  return isLiteral(steps) ? `${literalPrefix(steps)}\0` : literalPrefix(steps);
}

/**
 * Finds the items whose patterns may have a text in common with a pattern, by its beginning: those that begin with it or
 * that it begins with. No others can.
 */
export function createPrefixIndex<Item>(
  items: ReadonlyMap<string, readonly Item[]>,
): (beginning: string) => Generator<Item> {
  const sorted = [...items.keys()].sort();
  const lengths = [...new Set(sorted.map(({ length }) => length))].sort((a, b) => a - b);
  return function* near(beginning) {
    for (const length of lengths) {
      if (length >= beginning.length) break;
      yield* items.get(beginning.slice(0, length)) ?? [];
    }
    for (let at = firstAt(sorted, beginning); sorted[at]?.startsWith(beginning) === true; at++) {
      yield* items.get(sorted[at] ?? '') ?? [];
    }
  };
}

/** The position of the first text that does not come before this one. */
function firstAt(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
