import { mulberry32 } from '../../local/servers/mulberry32';

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

export function createRandom(seed: number): Random {
  const next = mulberry32(seed);
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
