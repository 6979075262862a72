import { isBucketName, objectNameProblem } from '../objects/reference';
import { formatReference, type RepositoryName } from '../oci/reference';
import { isObject, type Artifact, type Kind } from './artifact';
import type { BucketPlace, Target } from './rules';

/** What a rule releases from, or to: a repository or a path above several, or a bucket. */
export type Place = RepositoryName | BucketPlace;

/** `us-docker.pkg.dev/vendor/releases`, `gs://vendor-models/released`. */
export function formatPlace(place: Place): string {
  if (!('bucket' in place)) return formatReference(place);
  return place.prefix === '' ? `gs://${place.bucket}` : `gs://${place.bucket}/${place.prefix}`;
}

/** The name of an artifact below its place, without tag, digest and generation: it begins with that of the place. */
export function nameOf(artifact: Artifact): string {
  if (isObject(artifact)) return `gs://${artifact.bucket}/${artifact.name}`;
  return `${artifact.registry}/${artifact.repository}`;
}

/**
 * The path of an artifact below a place: empty for an image that is `place` itself, undefined for what is not under it.
 * Compared by path components: `releases` does not hold `releases-old/api`.
 */
export function pathBelow(place: Place, artifact: Artifact): string | undefined {
  const [at, name] = [formatPlace(place), nameOf(artifact)];
  if (name === at) return '';
  if (!name.startsWith(`${at}/`)) return undefined;
  const path = name.slice(at.length + 1);
  return path === '' ? undefined : path;
}

/** Where a target takes artifacts of a kind; undefined when it takes none. */
export function placeAt(target: Target, kind: 'image' | 'template'): RepositoryName | undefined;
export function placeAt(target: Target, kind: 'object'): BucketPlace | undefined;
export function placeAt(target: Target, kind: Kind): Place | undefined;
export function placeAt({ repository, templates, bucket }: Target, kind: Kind): Place | undefined {
  return { image: repository, template: templates, object: bucket }[kind];
}

/** Why a text is no `gs://bucket` or `gs://bucket/folder`; undefined when it is one. */
export function bucketProblem(text: string): string | undefined {
  const { bucket, prefix } = splitBucket(text);
  if (!text.startsWith('gs://')) return `${JSON.stringify(text)} does not begin with "gs://"`;
  if (!isBucketName(bucket)) return `"${bucket.slice(0, 80)}" is not the name of a bucket`;
  return prefix === '' ? undefined : objectNameProblem(prefix);
}

/** Reads what {@link bucketProblem} finds right. */
export function parseBucketPlace(text: string): BucketPlace {
  return splitBucket(text);
}

function splitBucket(text: string): BucketPlace {
  const [bucket = '', ...path] = text.replace(/^gs:\/\//, '').split('/');
  return { bucket, prefix: path.join('/').replace(/\/$/, '') };
}
