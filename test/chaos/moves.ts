import { createRandom } from '../support/random';
import { createImageMaker, type ImageMove } from './images/moves';
import type { Maker, MakerDeps } from './maker';
import { createObjectMaker, type ObjectMove } from './objects/moves';
import { createTemplateMaker, type TemplateMove } from './templates/moves';

/** One thing that happens at the vendor's, which is announced to a topic. */
export type Move = ImageMove | TemplateMove | ObjectMove;

/**
 * `count` moves of all kinds, half of them about images; a few more when a flurry is the last. However few they are to be,
 * each kind is among them once.
 */
export function planMoves(seed: number, count: number): Move[] {
  const random = createRandom(seed);
  let serial = 0;
  const deps: MakerDeps = { random, next: () => ++serial };
  const image = createImageMaker(deps);
  const others = [createTemplateMaker(deps), createObjectMaker(deps)];
  const moves: Move[] = [];
  const owed = random.shuffle(
    [image, ...others].flatMap((maker) =>
      [...new Set(maker.kinds)].map((kind) => (): Move[] => maker.make(kind)),
    ),
  );
  for (let next = owed.shift(); next; next = owed.shift()) {
    const made = next();
    moves.push(...made);
    // Until there is something to do it to.
    if (made.length === 0) owed.push(next);
  }
  while (moves.length < count) {
    const maker = random.pick<Maker<Move>>([image, image, ...others]);
    moves.push(...maker.make(random.pick(maker.kinds)));
  }
  return moves;
}
