import { createImageMaker, type ImageMove } from './images/moves';
import type { MakerDeps } from './maker';
import type { JobMove, MessageMove } from './move';
import { createObjectMaker, type ObjectMove } from './objects/moves';
import { createRandom } from '../support/random';
import { createTemplateMaker, type TemplateMove } from './templates/moves';

/** One thing that happens at the vendor's, or to the topics. */
export type Move = Release | MessageMove | JobMove;

/** What happens at the vendor's, of which somebody tells a topic. */
export type Release = ImageMove | TemplateMove | ObjectMove;

export function isRelease(move: Move): move is Release {
  return move.kind !== 'message' && move.kind !== 'job';
}

/** `count` moves of all kinds, half of them about images; a few more when a flurry is the last. */
export function planMoves(seed: number, count: number, target: string): Move[] {
  const random = createRandom(seed);
  let serial = 0;
  const deps: MakerDeps = { random, target, next: () => ++serial };
  const makeImage = createImageMaker(deps);
  const makers = [makeImage, makeImage, createTemplateMaker(deps), createObjectMaker(deps)];
  const moves: Move[] = [];
  while (moves.length < count) moves.push(...random.pick<() => Move[]>(makers)());
  return moves;
}
