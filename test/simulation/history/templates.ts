import { pipeline } from '../../../local/servers/templates/pipeline';
import { digestOf } from '../../../shared/oci/digest';
import type { Random } from '../../support/random';
import type { Move, Retag, Upload } from './move';
import { spread } from './spread';

/** Templates: uploaded with tags, moved, moved back without an upload; and some that no rule wants. */
export function planTemplates(random: Random): Move[] {
  const [first, second, third] = ['1', '2', '3'].map((seed) => pipeline('train', seed)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  return [
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
  ];
}

function upload(name: string, bytes: Buffer, tags: readonly string[]): Upload {
  return { kind: 'upload', at: 0, package: name, bytes, tags };
}

function retag(name: string, tag: string, bytes: Buffer): Retag {
  return { kind: 'retag', at: 0, package: name, tag, version: digestOf(bytes) };
}
