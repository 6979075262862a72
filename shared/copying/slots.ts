/** Limits how much runs at once; the largest waiting goes first. */
export interface Slots {
  /** Waits for a slot. The returned function gives it back; calling it again does nothing. */
  take(size: number): Promise<() => void>;
  /** A slot, if one is free at once. */
  tryTake(): (() => void) | undefined;
}

interface Waiting {
  readonly size: number;
  readonly start: (release: () => void) => void;
}

export function createSlots(limit: number): Slots {
  let free = limit;
  const waiting: Waiting[] = [];

  const grant = (): (() => void) => {
    free--;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      free++;
      waiting.shift()?.start(grant());
    };
  };

  /** The position behind all that are as large or larger: a binary search, as thousands may wait. */
  const placeFor = (size: number): number => {
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((waiting[middle]?.size ?? 0) >= size) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    tryTake: () => (free > 0 ? grant() : undefined),
    take: (size) => {
      if (free > 0) return Promise.resolve(grant());
      return new Promise((start) => {
        waiting.splice(placeFor(size), 0, { size, start });
      });
    },
  };
}
