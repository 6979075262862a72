import { formatReference, type RepositoryName } from '../oci/reference';
import { isObject, type Artifact } from './artifact';

/** A bucket, or what lies below one of its folders. */
export interface BucketPlace {
  readonly bucket: string;
  /** Without a slash at its end: `models`; empty for the whole bucket. */
  readonly prefix: string;
}

/** What a rule releases from, or to: a repository or a path above several, or a bucket. */
export type Place = RepositoryName | BucketPlace;

/** `us-docker.pkg.dev/vendor/releases`, `gs://vendor-models/released`. */
export function formatPlace(place: Place): string {
  if (!('bucket' in place)) return formatReference(place);
  return place.prefix === '' ? `gs://${place.bucket}` : `gs://${place.bucket}/${place.prefix}`;
}

/** The path of a place within its registry or bucket. */
export function pathOfPlace(place: Place): string {
  return 'bucket' in place ? place.prefix : place.repository;
}

/** The path of an artifact within its registry or bucket. */
export function pathOf(artifact: Artifact): string {
  return isObject(artifact) ? artifact.name : artifact.repository;
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
  return pathUnder(formatPlace(place), nameOf(artifact));
}

/** {@link pathBelow}, of names. */
export function pathUnder(at: string, name: string): string | undefined {
  if (name === at) return '';
  if (!name.startsWith(`${at}/`)) return undefined;
  const path = name.slice(at.length + 1);
  return path === '' ? undefined : path;
}

/** A path below a place's own, which may be empty. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
