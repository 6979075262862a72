import { checksumOf, type Content, contentOf } from '../../../local/servers/buckets/store';
import type { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import { type Maker, type MakerDeps, remembering } from '../maker';
import type { Released } from '../move';

/** Something that happens to an object: `put` makes a generation of it. */
export type ObjectMove = Released & { readonly kind: 'object'; readonly name: string } & (
    | { readonly does: 'put'; readonly content: Content; readonly description: ObjectDescription }
    | { readonly does: 'describe'; readonly description: ObjectDescription }
    | { readonly does: 'remove' }
  );

type Put = Extract<ObjectMove, { does: 'put' }>;

/** As people name them, space and all. */
const NAMES = ['models/llm.bin', 'models/a/b.bin', 'data/été 100%.csv', 'data/x#1'];
const KINDS = [
  ...['new', 'new', 'overwrite', 'overwrite', 'overwrite', 'flurry', 'large', 'large', 'equal'],
  ...['replaced', 'described'],
] as const;
const MEBIBYTE = 1024 * 1024;

export function createObjectMaker(deps: MakerDeps): Maker<ObjectMove> {
  const made: ObjectMove[] = [];
  const { random, next } = deps;
  const put = (name: string, content = textOf(next())): Put => putOf(name, content, next());
  const live = (): Put[] => made.filter((move) => move.does === 'put');

  return remembering(made, KINDS, (kind) => {
    const name = random.pick(NAMES);
    const [known] = live().length === 0 ? [] : [random.pick(live())];
    switch (kind) {
      case 'new':
        return [put(`${random.pick(['models', 'data'])}/${next()}.bin`)];
      case 'overwrite':
        return [put(name)];
      case 'flurry':
        return Array.from({ length: 4 }, () => ({ ...put(name), hasty: true }));
      case 'large':
        return [put(name, largeOf(next(), Math.ceil(random.next() * 6 * MEBIBYTE)))];
      case 'equal':
        return known ? [put(known.name, known.content)] : [];
      case 'replaced':
        return known
          ? [
              { kind: 'object', does: 'remove', name: known.name, releases: [], hasty: true },
              put(known.name),
            ]
          : [];
      case 'described':
        return known ? [described(known.name, next())] : [];
    }
  });
}

/** A generation of an object. */
export function putOf(name: string, content: Content, build: number): Put {
  return {
    kind: 'object',
    does: 'put',
    name,
    content,
    description: {
      contentType: name.startsWith('models/') ? 'application/x-model' : 'text/csv',
      metadata: { build: String(build) },
    },
    releases: [{ name, content: content.crc32c }],
  };
}

/** No generation: an event of its own tells of it. */
function described(name: string, serial: number): ObjectMove {
  const description = { cacheControl: `max-age=${serial}` };
  return { kind: 'object', does: 'describe', name, description, releases: [] };
}

function textOf(serial: number): Content {
  return contentOf(Buffer.from(`text ${serial}`));
}

/** Content that is only said to be there: of the size at which a rewrite takes several calls. */
function largeOf(serial: number, size: number): Content {
  return { size, crc32c: checksumOf(Buffer.from(`large ${serial}`)) };
}
