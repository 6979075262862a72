import { checksumOf, type Content, contentOf } from '../../../local/servers/buckets/store';
import type { Random } from '../../support/random';
import type { Description, Move, Put, Removal } from './move';
import { spread } from './spread';

const MEBIBYTE = 1024 * 1024;

/** Objects: written, overwritten, large, replaced, described anew; what an upload leaves for a moment, and what no rule wants. */
export function planObjects(random: Random): Move[] {
  return [
    ...spread(random, [
      put('models/llm.bin', small('one')),
      put('models/llm.bin', large('two')),
      ...(random.chance(0.5) ? [put('models/llm.bin', small('three'))] : []),
      ...(random.chance(0.3) ? [describe('models/llm.bin', 'model/other')] : []),
    ]),
    ...spread(random, [
      put('models/été 100%.bin', small('one')),
      remove('models/été 100%.bin'),
      ...(random.chance(0.5) ? [put('models/été 100%.bin', small('two'))] : []),
    ]),
    ...spread(random, [
      put('gcloud/tmp/parallel_composite_uploads/models/llm.bin_1', small('part')),
      put('notes/today.txt', small('note')),
    ]),
  ];
}

function put(name: string, content: Content): Put {
  return { kind: 'put', at: 0, name, content, says: `model/${content.crc32c}` };
}

function describe(name: string, says: string): Description {
  return { kind: 'description', at: 0, name, says };
}

function remove(name: string): Removal {
  return { kind: 'removal', at: 0, name };
}

function small(text: string): Content {
  return contentOf(Buffer.from(text));
}

/** Only said to be there: of a size at which a rewrite takes several calls. */
function large(text: string): Content {
  return { size: 3 * MEBIBYTE, crc32c: checksumOf(Buffer.from(text)) };
}
