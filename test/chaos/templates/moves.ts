import { pipeline } from '../../../local/servers/templates/push';
import { digestOf, type Digest } from '../../../shared/oci/digest';
import {
  createJobs,
  junk,
  MOVING,
  notice,
  type Maker,
  type MakerDeps,
  remembering,
} from '../maker';
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

const RELEASED = ['train', 'score'];
const KINDS = [
  ...['version', 'version', 'move', 'move', 'move', 'several', 'several', 'flurry', 'flurry'],
  ...['back', 'back', 'back', 'candidate', 'internal', 'junk entry', 'other entry', 'sparse entry'],
  ...['refused', 'renamed', 'again', 'gone'],
] as const;
/** What the audit log calls the vendor's repository. */
const REPOSITORY = 'projects/vendor/locations/local/repositories/pipelines';
const API = 'google.devtools.artifactregistry.v1.ArtifactRegistry';

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
  const jobs = createJobs('template', deps);
  const version = (suffix = ''): string => `v1.${next()}.0${suffix}`;
  const upload = (name: string, ...tags: string[]): TemplateMove =>
    uploadOf(name, tags, `move ${next()}`);
  const uploaded = (name: string): TemplateMove[] => made.filter((move) => move.package === name);

  return remembering(made, KINDS, (kind) => {
    const name = random.pick(RELEASED);
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
      case 'candidate':
        return [upload(name, version('-rc1'))];
      case 'internal':
        return [upload('internal-tools', 'latest')];
      case 'junk entry':
        return junk('template-uploads', `{"protoPayload": {"no": "entry", "n": ${next()}}}`);
      case 'other entry':
        return notice('template-uploads', otherEntry(random.chance(0.5), name));
      case 'sparse entry': {
        const about = random.chance(0.5) ? REPOSITORY : `${REPOSITORY}/packages/${name}`;
        return notice('template-uploads', entry('Kfp-UploadPackage', about));
      }
      case 'refused':
        return jobs.refused(`${name}:nightly-${next()}`);
      case 'renamed':
        return jobs.renamed(`${name}:v0.${next()}.0`);
      case 'again': {
        const known = uploaded(name).flatMap(({ releases }) => releases);
        const allowed = known.filter((released) => !released.name.includes('-rc'));
        return allowed.length === 0 ? [] : jobs.again(random.pick(allowed));
      }
      case 'gone':
        return jobs.gone(`${name}:v0.${next()}.0`);
    }
  });
}

/** Entries of which nothing follows: an upload that was refused, and a tag that is gone. */
function otherEntry(isRefusal: boolean, name: string): string {
  const about = `${REPOSITORY}/packages/${name}`;
  if (isRefusal) return entry('Kfp-UploadPackage', about, { code: 7 });
  return entry(`${API}.DeleteTag`, `${about}/tags/latest`);
}

function entry(methodName: string, resourceName: string, status: object = {}): string {
  return JSON.stringify({ protoPayload: { methodName, resourceName, status } });
}
