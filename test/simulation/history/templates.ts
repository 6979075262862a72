import { pipeline } from '../../../local/servers/templates/push';
import { digestOf } from '../../../shared/oci/digest';
import type { Random } from '../../support/random';
import { VENDOR_REPOSITORY } from './customer';
import type { Move, Retag, Upload } from './move';
import type { OtherRule } from './rules';
import { spread } from './spread';

/** Templates: uploaded with tags, moved, moved back without an upload; some that no rule wants, and some that name images. */
export function planTemplates(random: Random, rules: readonly OtherRule[]): Move[] {
  const [first, second, third] = ['1', '2', '3'].map((seed) => pipeline('train', seed)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const stories = [
    ...spread(random, [
      upload('train', first, ['latest']),
      upload('train', second, ['latest', 'v1.0.0']),
      retag('train', 'latest', first),
      ...(random.chance(0.5) ? [upload('train', third, ['latest'])] : []),
    ]),
    ...spread(random, [
      upload('internal', pipeline('internal'), ['latest']),
      upload('train', third, ['v9.0.0-rc1']),
    ]),
    ...(rules.some(({ rewritesImages }) => rewritesImages) ? planRunners(random) : []),
  ];
  return random.chance(0.25) ? [...stories, tagOld('v0.1.0', first, random)] : stories;
}

function planRunners(random: Random): Move[] {
  return spread(random, [
    runner('api:v1.0.0', ['latest']),
    runner('api:v1', ['latest', 'v1.0.0']),
    ...(random.chance(0.5) ? [runner('api:v1.0.0', ['latest'])] : []),
  ]);
}

/** Of which the customers' version names their own image; that comes when it comes. */
function runner(image: string, tags: readonly string[]): Upload {
  return { ...upload('run', pipeline('run', image, `${VENDOR_REPOSITORY}/${image}`), tags), image };
}

function upload(name: string, bytes: Buffer, tags: readonly string[]): Upload {
  return { kind: 'upload', at: 0, package: name, bytes, tags };
}

/** A new tag for a version that was uploaded long before. */
function tagOld(tag: string, bytes: Buffer, random: Random): Retag {
  const at = random.between(25, 45) * 60_000;
  return { ...retag('train', tag, bytes), at, isNew: true };
}

function retag(name: string, tag: string, bytes: Buffer): Retag {
  return { kind: 'retag', at: 0, package: name, tag, version: digestOf(bytes) };
}
