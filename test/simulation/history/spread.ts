import type { Random } from '../../support/random';
import type { Move } from './move';

/** How long the vendor works. */
const DAY_MS = 40 * 60_000;

/** Gives the steps of a story their times, in their order: some follow at once, some minutes later. */
export function spread(random: Random, story: readonly Move[]): Move[] {
  let at = (random.next() ** 2 * DAY_MS) / 2;
  return story.map((move) => {
    const mayHurry = move.kind !== 'message' && move.kind !== 'loss';
    const isHasty = mayHurry && random.chance(0.6);
    at += isHasty ? random.between(0, 3000) : random.between(0, DAY_MS / story.length / 2);
    return { ...move, at };
  });
}
