import { setTimeout as sleep } from 'node:timers/promises';
import { image } from '../../local/images/image';
import { pushOf } from './images/moves';
import type { JobMove } from './move';
import { isRelease, type Move, type Release } from './moves';
import { sourceOf } from './names';
import type { Random } from '../support/random';
import { uploadOf } from './templates/moves';
import type { World } from './world';

/** Makes one move after another, with pauses of up to `pauseMs` in between. */
export async function play(
  world: World,
  moves: readonly Move[],
  { random, pauseMs }: { readonly random: Random; readonly pauseMs: number },
): Promise<void> {
  for (const move of moves) {
    await makeMove(world, move);
    const isHasty = isRelease(move) && move.hasty;
    if (!isHasty) await sleep(random.next() * pauseMs);
  }
}

async function makeMove(world: World, move: Move): Promise<void> {
  const { publish, stages } = world;
  switch (move.kind) {
    case 'message':
      return publish(
        move.topic,
        move.data.replace('{source}', stages.image.source),
        move.attributes,
      );
    case 'job':
      return publishJob(world, move);
    case 'image':
      return stages.image.release(move);
    case 'template':
      return stages.template.release(move);
    case 'object':
      return stages.object.release(move);
  }
}

async function publishJob({ publish, stages }: World, move: JobMove): Promise<void> {
  const { of, target, rule } = move;
  const source = sourceOf(stages[of].source, move);
  await publish(
    'copy-jobs',
    JSON.stringify({ ...(of !== 'image' && { kind: of }), source, target, rule }),
  );
}

const FROZEN = 'frozen:stable';
const FROZEN_RELEASES: readonly (readonly [Release, Release])[] = [
  [frozenImage('frozen'), frozenImage('moved')],
  [uploadOf('frozen', ['stable'], 'frozen'), uploadOf('frozen', ['stable'], 'moved')],
];

function frozenImage(seed: string): Release {
  return pushOf('frozen', 'stable', image({ config: { seed } }));
}

/** What may not be moved is at its target before it is moved, so that the move is refused. Gives the moves that it made. */
export async function freeze(world: World): Promise<readonly Move[]> {
  const target = world.customers[0]!.name;
  for (const [first, second] of FROZEN_RELEASES) {
    await makeMove(world, first);
    const isThere = async (): Promise<boolean> =>
      (await world.stages[first.kind].held(target)).has(FROZEN);
    while (!(await isThere())) {
      await sleep(500);
      await publishJob(world, { kind: 'job', of: first.kind, name: FROZEN, target });
    }
    await makeMove(world, second);
  }
  return FROZEN_RELEASES.flat();
}
