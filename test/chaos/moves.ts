import { signature } from '../../local/images/attachments';
import type { Image } from '../../local/images/content';
import { image, index } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { createRandom, type Random } from './random';

/** One thing that happens at the vendor's, or to the topics. */
export type Move =
  | {
      readonly kind: 'push';
      readonly image: string;
      /** Absent: by digest alone. */
      readonly tag?: string;
      readonly content: Image;
      /** The digest that a signature belongs to. */
      readonly signs?: string;
      /** Followed by the next at once. */
      readonly hasty?: boolean;
    }
  | { readonly kind: 'message'; readonly topic: 'gcr' | 'copy-jobs'; readonly data: string }
  /** A job typed by hand, which is for a target and a source of the test. */
  | {
      readonly kind: 'job';
      readonly image: string;
      readonly tag: string;
      readonly target: string;
      readonly rule?: string;
    };

const RELEASED = ['api', 'web', 'workers/mail', 'workers/a/b'];
const MOVING = ['latest', 'stable'];
const KINDS = [
  ...['version', 'version', 'version', 'move', 'move', 'move', 'flurry', 'signature', 'signature'],
  ...['signed', 'candidate', 'internal', 'delete', 'junk push', 'junk job', 'refused', 'renamed'],
  ...['again', 'gone', 'mainframe'],
] as const;

/** `count` moves, a few more when a flurry is the last. */
export function planMoves(seed: number, count: number, target: string): Move[] {
  const random = createRandom(seed);
  const moves: Move[] = [];
  const make = createMaker(random, moves, target);
  while (moves.length < count) moves.push(...make());
  return moves;
}

type Push = Extract<Move, { kind: 'push' }>;

function createMaker(random: Random, moves: readonly Move[], target: string): () => Move[] {
  let serial = 0;
  const content = (): Image => createContent(random, `move ${++serial}`);
  const pushed = (): Push[] =>
    moves.filter((move): move is Push => move.kind === 'push' && RELEASED.includes(move.image));
  const version = (suffix = ''): string => `v1.${++serial}.0${suffix}`;
  const push = (name: string, tag: string): Push => ({
    kind: 'push',
    image: name,
    tag,
    content: content(),
  });

  return () => {
    const name = random.pick(RELEASED);
    const tagged = pushed().filter(({ tag }) => tag !== undefined);
    switch (random.pick(KINDS)) {
      case 'version':
        return [push(name, version())];
      case 'move':
        return [push(name, random.pick(MOVING))];
      case 'flurry': {
        const tag = random.pick(MOVING);
        return Array.from({ length: 4 }, () => ({ ...push(name, tag), hasty: true }));
      }
      case 'signature': {
        if (tagged.length === 0) return [];
        const { image: signed, content: subject } = random.pick(tagged);
        return [sign(signed, subject, `late ${++serial}`)];
      }
      case 'signed': {
        const release = push(name, random.chance(0.5) ? version() : random.pick(MOVING));
        const byDigest: Push = { kind: 'push', image: name, content: release.content, hasty: true };
        return [byDigest, { ...sign(name, release.content, 'early'), hasty: true }, release];
      }
      case 'candidate':
        return [push(name, version('-rc1'))];
      case 'internal':
        return [push('internal/tools', 'latest')];
      case 'delete':
        return [
          { kind: 'message', topic: 'gcr', data: notice('DELETE', `${name}:v0.${++serial}.0`) },
        ];
      case 'junk push':
        return [{ kind: 'message', topic: 'gcr', data: `no push ${++serial}` }];
      case 'junk job':
        return [{ kind: 'message', topic: 'copy-jobs', data: `{"no": "job", "n": ${++serial}}` }];
      case 'refused':
        return [{ kind: 'job', image: name, tag: `nightly-${++serial}`, target }];
      case 'renamed':
        return [{ kind: 'job', image: name, tag: `v0.${++serial}.0`, target, rule: 'renamed' }];
      case 'again': {
        if (tagged.length === 0) return [];
        const { image: known, tag = '' } = random.pick(tagged);
        return tag.includes('-rc') ? [] : [{ kind: 'job', image: known, tag, target }];
      }
      case 'gone':
        return [{ kind: 'job', image: name, tag: `v0.${++serial}.0`, target }];
      case 'mainframe':
        return [push('mainframe', version())];
    }
  };
}

function sign(name: string, subject: Image, by: string): Push {
  const signs = subject.root.digest;
  return { kind: 'push', image: name, content: signature(subject.root, by), signs };
}

/** `{source}` becomes the vendor's repository. */
function notice(action: string, image: string): string {
  return JSON.stringify({ action, tag: `{source}/${image}` });
}

function createContent(random: Random, seed: string): Image {
  const base = layer({ seed: `base ${Math.floor(random.next() * 5)}`, size: 200 * 1024 });
  const sized = (name: string) =>
    layer({ seed: name, size: Math.ceil(random.next() ** 3 * 1.5 * 1024 * 1024) });
  if (random.chance(0.5)) return image({ layers: [base, sized(seed)] });
  return index({
    entries: ['amd64', 'arm64'].map((architecture) => {
      const platform = { os: 'linux', architecture };
      const layers = [base, sized(`${seed} ${architecture}`)];
      return { image: image({ layers, platform }), platform };
    }),
  });
}
