import * as z from 'zod';
import { PLATFORM } from '../../oci/platform';
import {
  InvalidReferenceError,
  isTemplateRegistry,
  parseReference,
  type RepositoryName,
} from '../../oci/reference';
import { kindAt, type Kind } from '../artifact';
import { InvalidGlobError, parseGlob, type GlobSubject } from '../glob';
import { bucketProblem, parseBucketPlace, type Place } from '../place';
import { parseRange } from '../clauses/tags';

/** Names appear in logs, in Pub/Sub attributes and as Terraform keys. */
const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'a name has 1 to 63 letters, digits, ".", "_" and "-", and begins and ends with a letter or digit',
  );

const checked = (problemOf: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
const globs = (subject: GlobSubject) =>
  z.array(checked((text) => globProblem(text, subject))).min(1);

const TargetInput = z
  .strictObject({
    repository: checked((text) => placeProblem(text, 'image'))
      .optional()
      .meta({
        description: "The customer's repository: images are written under it.",
        examples: ['us-docker.pkg.dev/acme-prod/vendor'],
      }),
    templates: checked((text) => placeProblem(text, 'template'))
      .optional()
      .meta({
        description: "The customer's repository for Kubeflow pipeline templates.",
        examples: ['us-kfp.pkg.dev/acme-prod/pipelines'],
      }),
    bucket: checked((text) => placeProblem(text, 'object'))
      .optional()
      .meta({
        description: "The customer's bucket, or a folder in it: objects are written under it.",
        examples: ['gs://acme-prod-models', 'gs://acme-prod/from-vendor'],
      }),
    impersonate: z
      .string()
      .regex(
        /^[^@\s]+@[^@\s]+\.gserviceaccount\.com$/,
        'not the address of a service account (name@project.iam.gserviceaccount.com)',
      )
      .optional()
      .meta({ description: "The customer's service account to act as, when it writes." }),
    paused: z.boolean().default(false).meta({
      description: 'true: jobs for this target are acknowledged; `backfill` makes them good later.',
    }),
    receipts: z.boolean().default(false).meta({
      description:
        'true: an in-toto statement of what was delivered, by which rule, is attached to each image there.',
    }),
  })
  .meta({ title: 'Target', description: 'One customer: where what is released to it goes.' });

const TagsInput = z
  .strictObject({
    include: globs('tag')
      .optional()
      .meta({ description: 'Globs. A tag passes by one of these or by `semver`.' }),
    semver: z
      .string()
      .superRefine((text, context) => {
        if (parseRange(text) !== undefined) return;
        const message = `${JSON.stringify(text)} is not a semver range, such as ">=1.4.0 <3"`;
        context.addIssue({ code: 'custom', message });
      })
      .optional()
      .meta({
        description:
          'A node-semver range. A leading "v" is allowed; a prerelease passes only where the range names one.',
        examples: ['>=1.4.0 <3', '^2.1.0'],
      }),
    exclude: globs('tag').optional().meta({
      description: 'Globs. A tag that one of these matches does not pass, whatever else does.',
    }),
  })
  .meta({
    title: 'Tags',
    description: 'Which tags are released. Without `include` and `semver`: all.',
  });

const PlatformText = z
  .string()
  .regex(
    PLATFORM,
    'a platform is os/architecture or os/architecture/variant, such as "linux/arm64"',
  );

const RuleInput = z
  .strictObject({
    name: Name.meta({ description: 'Unique; logs, jobs and `explain` use it.' }),
    source: checked((text) => placeProblem(text, kindOfPlace(text))).meta({
      description:
        'Where releases are pushed: a repository of images or any path above it, a repository of pipeline templates, or a bucket or a folder in it. Its form tells the kind of the rule.',
      examples: [
        'us-central1-docker.pkg.dev/vendor/releases',
        'us-kfp.pkg.dev/vendor/pipelines',
        'gs://vendor-models/released',
      ],
    }),
    images: globs('image')
      .optional()
      .meta({
        description:
          'Globs for the path of an image below `source` (default: all): "*" stops at "/", "**" does not ("workers/**" is "workers" too); ?, [a-z] and {a,b} as usual, no negation.',
        examples: [['api', 'workers/**']],
      }),
    templates: globs('template')
      .optional()
      .meta({
        description: 'Globs for the names of pipeline templates in `source` (default: all).',
        examples: [['train-*']],
      }),
    objects: globs('object')
      .optional()
      .meta({
        description:
          'Globs for the path of an object below `source` (default: all): "*" stops at "/", "**" does not.',
        examples: [['**/*.safetensors']],
      }),
    tags: TagsInput.optional(),
    platforms: z.array(PlatformText).min(1).optional().meta({
      description:
        'Of images: only these children of an index are released, in a new index (another digest). Default: all, verbatim.',
    }),
    immutable: z.boolean().optional().meta({
      default: false,
      description:
        'true: a tag that exists at the target with another digest is refused, never moved. Not for objects.',
    }),
    attachments: z.boolean().optional().meta({
      default: true,
      description: 'Whether signatures, SBOMs and attestations travel with their image.',
    }),
    as: z.string().optional().meta({
      description:
        'The path and tag of an image under the target\'s repository (default: "{image}:{tag}"), or the path of an object under its bucket (default: "{object}"). "{image}" and "{object}" are the path below `source` (empty for an image that is `source` itself), "{tag}" is the tag.',
    }),
    targets: z.array(z.string()).min(1).meta({ description: 'Names of targets and groups.' }),
  })
  .meta({ title: 'Rule', description: 'Which images, templates or objects go to which targets.' });

/** All of rules.yaml. The only schema: the JSON schema for editors is generated from it. */
export const RulesInput = z
  .strictObject({
    targets: z.record(Name, TargetInput).meta({ description: 'The customers, by name.' }),
    groups: z
      .record(Name, z.array(z.string()).min(1))
      .default({})
      .meta({ description: 'Names for several targets.' }),
    rules: z.array(RuleInput).meta({
      description: 'In order: where two give the same destination, the first one holds.',
    }),
  })
  .meta({ title: 'registry-relay rules', description: 'What is released, and to whom.' });

export type RulesInput = z.output<typeof RulesInput>;
export type RuleInput = z.output<typeof RuleInput>;
export type TargetInput = z.output<typeof TargetInput>;

/** The key of a target that says where artifacts of a kind go. */
export const TARGET_KEYS = {
  image: 'repository',
  template: 'templates',
  object: 'bucket',
} as const satisfies Record<Kind, keyof TargetInput>;

/** The parts that cross-checks use even where the rest of the file is wrong. */
export const parts = { target: TargetInput, rule: RuleInput, names: z.array(z.string()) };

/** The keys that may stand at a path of the file. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const [section, , field] = path;
  if (section === undefined) return Object.keys(RulesInput.shape);
  if (section === 'targets') return Object.keys(TargetInput.shape);
  return Object.keys(field === 'tags' ? TagsInput.shape : RuleInput.shape);
}

/** The JSON schema of rules.yaml, for editors. */
export function rulesJsonSchema(): unknown {
  return z.toJSONSchema(RulesInput, { io: 'input', target: 'draft-7' });
}

/** What a place that the schema accepts holds. */
export function kindOfPlace(text: string): Kind {
  return text.startsWith('gs://') ? 'object' : kindAt(registryIn(text));
}

/** Reads a place that the schema accepts. */
export function parsePlace(text: string): Place {
  return text.startsWith('gs://') ? parseBucketPlace(text) : parseRepository(text);
}

/** Reads a repository without tag or digest. @throws {InvalidReferenceError} */
export function parseRepository(text: string): RepositoryName {
  const { registry, repository } = parseReference(text);
  return { registry, repository };
}

function registryIn(text: string): string {
  return (text.split('/', 1)[0] ?? '').toLowerCase();
}

/** Why a text is no place for artifacts of this kind; undefined when it is one. */
function placeProblem(text: string, kind: Kind): string | undefined {
  const found = kindOfPlace(text);
  if (found !== kind && (found !== 'image' || isRepositoryText(text))) {
    const quoted = JSON.stringify(text);
    return `${quoted} is a place for ${found}s, which a target names as \`${TARGET_KEYS[found]}\``;
  }
  if (kind === 'object') return bucketProblem(text);
  const problem = repositoryProblem(text);
  if (problem !== undefined || kind === 'image') return problem;
  // `example.com/project` is one project.
  const [first = '', ...rest] = parseRepository(text).repository.split('/');
  const expected = first.includes('.') ? 2 : 1;
  if (!isTemplateRegistry(registryIn(text)) || rest.length !== expected) {
    return `a repository of templates is LOCATION-kfp.pkg.dev/PROJECT/REPOSITORY, not ${JSON.stringify(text)}`;
  }
  return undefined;
}

function isRepositoryText(text: string): boolean {
  return repositoryProblem(text) === undefined;
}

function repositoryProblem(text: string): string | undefined {
  if (/^[a-z]+:\/\//i.test(text)) return `write the repository without "${text.split('/')[0]}//"`;
  try {
    const { tag, digest } = parseReference(text);
    if (tag === undefined && digest === undefined) return undefined;
    return `${JSON.stringify(text)} names a ${tag === undefined ? 'digest' : 'tag'}: only a repository may stand here`;
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    return error.message.replace('an image reference', 'a repository');
  }
}

function globProblem(text: string, subject: GlobSubject): string | undefined {
  try {
    parseGlob(text, subject);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidGlobError)) throw error;
    return `the glob ${JSON.stringify(text)} ${error.message}`;
  }
}
