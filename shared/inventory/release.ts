import type { Digest } from '../oci/digest';
import type { RepositoryName } from '../oci/reference';
import type { Artifact } from '../rules/artifact';
import { formatArtifact } from '../kinds/references';
import { isObject } from '../kinds/object/reference';

/** What a source holds that may be released: a tag of an image or a template, or an object. */
export type SourceRelease = SourceTag | SourceObject;

/** One tag of an image or template. */
export interface SourceTag extends RepositoryName {
  readonly tag: string;
  /** Absent where a list gives names alone; the tag must then be read. */
  readonly digest?: Digest;
  /** Bytes, as far as the list says. */
  readonly size?: number;
  /** The images of an index. */
  readonly children?: readonly Digest[];
  readonly uploadedAt?: Date;
}

/** The live generation of an object. */
export interface SourceObject {
  readonly bucket: string;
  readonly name: string;
  readonly generation: string;
  /** Base64; absent for what is encrypted with a key of the uploader's or of Cloud KMS: then a look at the object tells. */
  readonly crc32c?: string;
  /** Bytes. */
  readonly size: number;
  readonly uploadedAt?: Date;
}

/** `us-docker.pkg.dev/v/r/api:1.4.2`, `gs://bucket/name`: whatever it holds. */
export function releaseName(release: SourceRelease): string {
  return formatArtifact(artifactOf(release, 'name alone'));
}

/** What a copy job names as its source: with the digest or the generation, where that is known. */
export function artifactOf(release: SourceRelease, how?: 'name alone'): Artifact {
  if (isObject(release)) {
    const { bucket, name, generation } = release;
    return { bucket, name, ...(how === undefined && { generation }) };
  }
  const { registry, repository, tag, digest } = release;
  const known = how === undefined && digest !== undefined && { digest };
  return { registry, repository, tag, ...known };
}

/** Empty for an object. */
export function tagOf(release: SourceRelease): string {
  return isObject(release) ? '' : release.tag;
}
