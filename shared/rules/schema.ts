import * as z from 'zod';
import { PLATFORM } from '../oci/platform';
import { InvalidReferenceError, parseReference, type RepositoryName } from '../oci/reference';
import { InvalidGlobError, parseGlob } from './glob';
import { parseRange } from './tag-clauses';

/** Names appear in logs, in Pub/Sub attributes and as Terraform keys. */
const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'a name has 1 to 63 letters, digits, ".", "_" and "-", and begins and ends with a letter or digit',
  );

const RepositoryText = z.string().superRefine((text, context) => {
  const problem = repositoryProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const ImageGlob = z.string().superRefine((text, context) => checkGlob(text, 'image', context));
const TagGlob = z.string().superRefine((text, context) => checkGlob(text, 'tag', context));

const TargetInput = z
  .strictObject({
    repository: RepositoryText.meta({
      description: "The customer's repository: images are written under it.",
      examples: ['us-docker.pkg.dev/acme-prod/vendor'],
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
        'true: an in-toto statement of what was delivered, by which rule, is attached to each release there.',
    }),
  })
  .meta({ title: 'Target', description: 'One customer: where its images go.' });

const TagsInput = z
  .strictObject({
    include: z
      .array(TagGlob)
      .min(1)
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
    exclude: z.array(TagGlob).min(1).optional().meta({
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
    source: RepositoryText.meta({
      description: 'Where released images are pushed: a repository, or any path above it.',
      examples: ['us-central1-docker.pkg.dev/vendor/releases'],
    }),
    images: z
      .array(ImageGlob)
      .min(1)
      .default(['**'])
      .meta({
        description:
          'Globs for the path below `source`: "*" stops at "/", "**" does not ("workers/**" is "workers" too); ?, [a-z] and {a,b} as usual, no negation.',
        examples: [['api', 'workers/**']],
      }),
    tags: TagsInput.default({}),
    platforms: z.array(PlatformText).min(1).optional().meta({
      description:
        'Only these children of an index are released, in a new index (another digest). Default: all, verbatim.',
    }),
    immutable: z.boolean().default(false).meta({
      description:
        'true: a tag that exists at the target with another digest is refused, never moved.',
    }),
    attachments: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether signatures, SBOMs and attestations travel with their image.' }),
    as: z.string().default('{image}:{tag}').meta({
      description:
        'The path and tag under the target\'s repository. "{image}" is the path below `source` (empty for an image that is `source` itself), "{tag}" the tag.',
    }),
    targets: z.array(z.string()).min(1).meta({ description: 'Names of targets and groups.' }),
  })
  .meta({ title: 'Rule', description: 'Which images go to which targets.' });

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

/** Reads a repository without tag or digest. @throws {InvalidReferenceError} */
export function parseRepository(text: string): RepositoryName {
  const { registry, repository } = parseReference(text);
  return { registry, repository };
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

function checkGlob(text: string, subject: 'image' | 'tag', context: z.RefinementCtx): void {
  try {
    parseGlob(text, subject);
  } catch (error) {
    if (!(error instanceof InvalidGlobError)) throw error;
    context.addIssue({
      code: 'custom',
      message: `the glob ${JSON.stringify(text)} ${error.message}`,
    });
  }
}
