import type { RuleKind } from '../../rules/kind';
import { below } from '../../rules/place';
import {
  isBucketName,
  objectNameProblem,
  objectReference,
  type BucketPlace,
  isTemporaryObject,
} from './reference';

const NO_TAG = 'an object has no tag';

/** Objects in buckets of Cloud Storage in rules.yaml. */
export const objectRules: RuleKind<'object'> = {
  name: 'object',
  plural: 'objects',
  origin: 'gs://',
  reference: objectReference,
  has: {
    tag: NO_TAG,
    platforms: 'an object has none',
    attachments: 'nothing is attached to an object',
    statements: 'statements are read of images alone',
    images: 'an object is copied as it is',
    naming: true,
  },
  place: {
    key: 'bucket',
    description: "The customer's bucket for objects, or a folder in it.",
    examples: ['gs://acme-prod-models', 'gs://acme-prod/from-vendor'],
    problem: bucketProblem,
    parse: parseBucketPlace,
  },
  paths: {
    key: 'objects',
    description:
      'Globs for the path of an object below `source` (default: all). "*" stops at "/", "**" does not.',
    examples: ['**/*.safetensors'],
    all: '**',
    grammar: {
      allowed: /^[^\p{Cc}\p{Surrogate}]$/u,
      what: 'the name of an object',
      mayFollow: () => true,
      mayEnd: () => true,
    },
    anyName: true,
    mayBe: (path) => path !== '',
    refusal: (artifact) =>
      artifact.kind === 'object' && isTemporaryObject(artifact.name)
        ? 'it is a part of an upload that is under way, which is never released'
        : undefined,
  },
  namingProblem(path) {
    const problem = objectNameProblem(path);
    if (problem !== undefined) return `names no object: ${problem}`;
    return path.startsWith('/')
      ? 'begins with "/": write the path below the target’s bucket'
      : undefined;
  },
  artifactAt(source, path) {
    const name = below(source.prefix, path);
    const isName = path !== '' && objectNameProblem(name) === undefined;
    return isName ? { kind: 'object', bucket: source.bucket, name } : undefined;
  },
  destinationAt({ bucket, prefix }, path) {
    const name = below(prefix, path);
    return objectNameProblem(name) === undefined ? { kind: 'object', bucket, name } : undefined;
  },
  note(source, { name, impersonate }) {
    if (impersonate === undefined) return undefined;
    return (
      `copies to target "${name}" as ${impersonate}, which must read gs://${source.bucket}, too ` +
      `(roles/storage.objectViewer): a copy between buckets runs as one account`
    );
  },
};

/** Why a text is no `gs://bucket` or `gs://bucket/folder`; undefined when it is one. */
export function bucketProblem(text: string): string | undefined {
  const { bucket, prefix } = parseBucketPlace(text);
  if (!text.startsWith('gs://')) return `${JSON.stringify(text)} does not begin with "gs://"`;
  if (!isBucketName(bucket)) return `"${bucket.slice(0, 80)}" is not the name of a bucket`;
  return prefix === '' ? undefined : objectNameProblem(prefix);
}

/** Reads what {@link bucketProblem} finds right. */
export function parseBucketPlace(text: string): BucketPlace {
  const [bucket = '', ...path] = text.replace(/^gs:\/\//, '').split('/');
  return { bucket, prefix: path.join('/').replace(/\/$/, '') };
}
