/** What chance decides; the same seed decides the same. */
export interface Random {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
  /** From `least` up to, not including, `most`. */
  readonly between: (least: number, most: number) => number;
  /** The same items in another order. */
  readonly shuffle: <T>(items: readonly T[]) => T[];
  /** One of its own, for a part of the work: how much that takes of it changes nothing elsewhere. */
  readonly fork: () => Random;
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    next,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
    between: (least, most) => least + next() * (most - least),
    shuffle(items) {
      const order = [...items];
      for (let at = order.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [order[at], order[other]] = [order[other]!, order[at]!];
      }
      return order;
    },
    fork: () => createRandom(below(2 ** 32)),
  };
}
