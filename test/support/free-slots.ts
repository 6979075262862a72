import type { Slots } from '../../shared/async/limits';

/** How many more could be had at once. */
export function countFree(slots: Slots): number {
  const taken: (() => void)[] = [];
  for (let slot = slots.tryTake(); slot; slot = slots.tryTake()) taken.push(slot);
  for (const release of taken) release();
  return taken.length;
}
