import { pipeline } from '../../../local/servers/templates/push';
import { digestOf, type Digest } from '../../../shared/oci/digest';
import { MOVING, type Maker, type MakerDeps, remembering } from '../maker';
import type { Released } from '../move';

/** An upload with its tags, or a tag that is set on what is there. */
export interface TemplateMove extends Released {
  readonly kind: 'template';
  readonly package: string;
  readonly version: Digest;
  readonly tags: readonly string[];
  /** Absent: the version is there, and the tags move to it. */
  readonly bytes?: Uint8Array;
}

const NAMES = ['train', 'score'];
const KINDS = [
  ...['version', 'version', 'move', 'move', 'move', 'several', 'several', 'flurry', 'flurry'],
  ...['back', 'back', 'back'],
] as const;

/** An upload of a pipeline, another one for each seed. */
export function uploadOf(name: string, tags: readonly string[], seed: string): TemplateMove {
  const bytes = pipeline(name, seed);
  return { ...tagging(name, tags, digestOf(bytes)), bytes };
}

function tagging(name: string, tags: readonly string[], version: Digest): TemplateMove {
  return {
    kind: 'template',
    package: name,
    version,
    tags,
    releases: tags.map((tag) => ({ name: `${name}:${tag}`, content: version })),
  };
}

export function createTemplateMaker(deps: MakerDeps): Maker<TemplateMove> {
  const made: TemplateMove[] = [];
  const { random, next } = deps;
  const version = (): string => `v1.${next()}.0`;
  const upload = (name: string, ...tags: string[]): TemplateMove =>
    uploadOf(name, tags, `move ${next()}`);
  const uploaded = (name: string): TemplateMove[] => made.filter((move) => move.package === name);

  return remembering(made, KINDS, (kind) => {
    const name = random.pick(NAMES);
    switch (kind) {
      case 'version':
        return [upload(name, version())];
      case 'move':
        return [upload(name, random.pick(MOVING))];
      case 'several':
        return [upload(name, version(), ...MOVING)];
      case 'flurry': {
        const tag = random.pick(MOVING);
        return Array.from({ length: 4 }, () => ({ ...upload(name, tag), hasty: true }));
      }
      case 'back': {
        // To whatever has been uploaded: a tag of a template may well go back, and its targets with it.
        const known = uploaded(name);
        if (known.length === 0) return [];
        return [tagging(name, [random.pick(MOVING)], random.pick(known).version)];
      }
    }
  });
}
