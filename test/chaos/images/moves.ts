import { signature } from '../../../local/images/attachments';
import type { Image } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { MOVING, type Maker, type MakerDeps, remembering } from '../maker';
import type { Released } from '../move';
import type { Random } from '../../support/random';

/** A push. */
export interface ImageMove extends Released {
  readonly kind: 'image';
  readonly image: string;
  /** Absent: by digest alone. */
  readonly tag?: string;
  readonly content: Image;
  /** The digest that a signature belongs to. */
  readonly signs?: string;
}

const NAMES = ['api', 'web', 'workers/mail', 'workers/a/b'];
const KINDS = [
  ...['version', 'version', 'version', 'move', 'move', 'move', 'flurry', 'signature', 'signature'],
  'signed',
] as const;

/** A push of `name:tag`, or of a digest alone. */
export function pushOf(name: string, tag: string | undefined, content: Image): ImageMove {
  return {
    kind: 'image',
    image: name,
    content,
    tag,
    releases: tag === undefined ? [] : [{ name: `${name}:${tag}`, content: content.root.digest }],
  };
}

export function createImageMaker(deps: MakerDeps): Maker<ImageMove> {
  const made: ImageMove[] = [];
  const { random, next } = deps;
  const version = (): string => `v1.${next()}.0`;
  const push = (name: string, tag: string): ImageMove =>
    pushOf(name, tag, createContent(random, `move ${next()}`));
  const tagged = (): ImageMove[] => made.filter(({ tag }) => tag !== undefined);

  return remembering(made, KINDS, (kind) => {
    const name = random.pick(NAMES);
    switch (kind) {
      case 'version':
        return [push(name, version())];
      case 'move':
        return [push(name, random.pick(MOVING))];
      case 'flurry': {
        const tag = random.pick(MOVING);
        return Array.from({ length: 4 }, () => ({ ...push(name, tag), hasty: true }));
      }
      case 'signature': {
        if (tagged().length === 0) return [];
        const { image: signed, content: subject } = random.pick(tagged());
        return [sign(signed, subject, `late ${next()}`)];
      }
      case 'signed': {
        const release = push(name, random.chance(0.5) ? version() : random.pick(MOVING));
        const byDigest = { ...pushOf(name, undefined, release.content), hasty: true };
        return [byDigest, { ...sign(name, release.content, 'early'), hasty: true }, release];
      }
    }
  });
}

function sign(name: string, subject: Image, by: string): ImageMove {
  const signs = subject.root.digest;
  return { ...pushOf(name, undefined, signature(subject.root, by)), signs };
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
