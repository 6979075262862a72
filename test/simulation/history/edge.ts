import type { Image } from '../../../local/images/content';
import type { Random } from '../../support/random';
import type { Move } from './move';
import { push } from './pushes';

const TAGS = ['v1', 'v2', 'v3', 'v4'];
const DAY_MS = 30 * 60_000;
/** By then what the tag was given first has mostly been released, and hardly longer ago than a write may be held up. */
const [LEAST_MS, MOST_MS] = [1500, 6000];

/** Tags that hold one image for some seconds, and then another. */
export function planEdge(random: Random, [one, other]: readonly [Image, Image]): Move[] {
  return TAGS.flatMap((tag) => {
    const at = random.between(0, DAY_MS);
    const later = at + random.between(LEAST_MS, MOST_MS);
    return [
      { ...push('edge', tag, one), at },
      { ...push('edge', tag, other), at: later },
    ];
  });
}
