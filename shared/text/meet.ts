import { accepts, repeats, type Step, type Steps } from './steps';

/**
 * Returns a pattern whose texts match both patterns, with a star wherever both have one; undefined if no text matches both.
 * Texts alone count: what a name may look like is for the caller to ask.
 */
export function meet(a: Steps, b: Steps): Steps | undefined {
  const met: Step[] = [];
  const width = b.length + 1;
  const tried = new Set<number>();

  const meetFrom = (i: number, j: number): boolean => {
    if (i === a.length && j === b.length) return true;
    if (tried.has(i * width + j)) return false;
    tried.add(i * width + j);
    const [left, right] = [a[i], b[j]];
    const both = left === undefined || right === undefined ? undefined : common(left, right);
    if (both !== undefined) {
      met.push(both);
      // A star also matches what follows in the other pattern.
      if (!repeats(left) && !repeats(right) && meetFrom(i + 1, j + 1)) return true;
      if (repeats(left) && meetFrom(i, j + 1)) return true;
      if (repeats(right) && meetFrom(i + 1, j)) return true;
      met.pop();
    }
    return (repeats(left) && meetFrom(i + 1, j)) || (repeats(right) && meetFrom(i, j + 1));
  };

  let at = 0;
  // Most pairs differ in a name before any wildcard, or after the last.
  if (endDiffers(a, b)) return undefined;
  for (; typeof a[at] === 'string' && typeof b[at] === 'string'; at++) {
    if (a[at] !== b[at]) return undefined;
    met.push(a[at] ?? '');
  }
  return meetFrom(at, at) ? met : undefined;
}

function endDiffers(a: Steps, b: Steps): boolean {
  for (let back = 1; ; back++) {
    const [left, right] = [a.at(-back), b.at(-back)];
    if (typeof left !== 'string' || typeof right !== 'string') return false;
    if (left !== right) return true;
  }
}

/** The characters that both steps take, as one step. */
function common(left: Step, right: Step): Step | undefined {
  if (typeof left === 'string') return accepts(right, left) ? left : undefined;
  if (typeof right === 'string') return accepts(left, right) ? right : undefined;
  if (right.kind === 'class' && left.kind !== 'class') return common(right, left);
  if (left.kind === 'class') {
    const characters = Array.from(left.characters).filter((char) => accepts(right, char));
    return characters.length === 0 ? undefined : { kind: 'class', characters: characters.join('') };
  }
  const narrowest = (['any', 'star', 'globstar'] as const).find((kind) =>
    [left, right].some((step) => step.kind === kind),
  );
  return narrowest && { kind: narrowest };
}
