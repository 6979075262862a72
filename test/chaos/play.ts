import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../support/random';
import type { Move } from './moves';
import type { World } from './world';

/** Makes one move after another, with pauses of up to `pauseMs` in between. */
export async function play(
  world: Pick<World, 'stages'>,
  moves: readonly Move[],
  { random, pauseMs }: { readonly random: Random; readonly pauseMs: number },
): Promise<void> {
  for (const move of moves) {
    await makeMove(world, move);
    if (!move.hasty) await sleep(random.next() * pauseMs);
  }
}

async function makeMove({ stages }: Pick<World, 'stages'>, move: Move): Promise<void> {
  switch (move.kind) {
    case 'image':
      return stages.image.release(move);
    case 'template':
      return stages.template.release(move);
    case 'object':
      return stages.object.release(move);
  }
}
