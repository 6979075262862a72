import type { Random } from '../../support/random';
import type { Move } from './move';

/** How long the vendor works. */
const DAY_MS = 40 * 60_000;

/** In which the step before is being released, or has just been. */
const [AT_ONCE_MS, SOON_MS] = [3000, 12_000];

/** Gives the steps of a story their times, in their order: some follow at once, some soon, some minutes later. */
export function spread(random: Random, story: readonly Move[]): Move[] {
  let at = (random.next() ** 2 * DAY_MS) / 2;
  return story.map((move) => {
    const mayHurry = move.kind !== 'message' && move.kind !== 'loss';
    const isHasty = mayHurry && random.chance(0.7);
    const longest = isHasty
      ? random.pick([AT_ONCE_MS, AT_ONCE_MS, SOON_MS])
      : DAY_MS / story.length / 2;
    at += random.between(0, longest);
    return { ...move, at };
  });
}
