import { accepts, repeats, type Step, type Steps } from '../../text/steps';

/** Whether a text may match both patterns. It never misses one; it knows nothing of what names may look like. */
export function mayMeet(a: Steps, b: Steps): boolean {
  const width = b.length + 1;
  const seen = new Set<number>();
  const open: [number, number][] = [[0, 0]];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const [i, j] = state;
    if (i === a.length && j === b.length) return true;
    if (seen.has(i * width + j)) continue;
    seen.add(i * width + j);
    const [left, right] = [a[i], b[j]];
    if (repeats(left)) open.push([i + 1, j]);
    if (repeats(right)) open.push([i, j + 1]);
    if (left === undefined || right === undefined || !mayShare(left, right)) continue;
    open.push([repeats(left) ? i : i + 1, repeats(right) ? j : j + 1]);
  }
  return false;
}

/** Whether there may be a character that both take. */
function mayShare(left: Step, right: Step): boolean {
  if (typeof left === 'string') return accepts(right, left);
  if (typeof right === 'string') return accepts(left, right);
  if (left.kind !== 'class' || right.kind !== 'class') return true;
  return Array.from(left.characters).some((char) => accepts(right, char));
}
