import { formatObjectReference, parseObjectReference } from '../kinds/object/reference';
import type { ObjectReference } from '../kinds/object/reference';
import { isDigestTag } from '../oci/digest-tag';
import { formatReference, isTemplateRegistry, parseReference } from '../oci/reference';
import type { Reference } from '../oci/reference';

/** What is released: container images, Kubeflow pipeline templates, objects in buckets. */
export const KINDS = ['image', 'template', 'object'] as const;
export type Kind = (typeof KINDS)[number];

/** What a source, a job or a destination names. Its form tells its kind: see {@link kindOf}. */
export type Artifact = Reference | ObjectReference;

export function isObject(artifact: Artifact): artifact is ObjectReference {
  return 'bucket' in artifact;
}

/** An object by its `gs://`, a template by its registry (`us-kfp.pkg.dev`); all else is an image. */
export function kindOf(artifact: Artifact): Kind {
  return isObject(artifact) ? 'object' : kindAt(artifact.registry);
}

/** The kind of what such a registry holds. */
export function kindAt(registry: string): 'image' | 'template' {
  return isTemplateRegistry(registry) ? 'template' : 'image';
}

/**
 * Reads an image, a template or an object as people write them.
 *
 * @throws {InvalidReferenceError | InvalidObjectReferenceError}
 */
export function parseArtifact(text: string): Artifact {
  return text.startsWith('gs://') ? parseObjectReference(text) : parseReference(text);
}

export function formatArtifact(artifact: Artifact): string {
  return isObject(artifact) ? formatObjectReference(artifact) : formatReference(artifact);
}

/** True for an image or template without tag and digest. */
export function isNameAlone(artifact: Artifact): boolean {
  return !isObject(artifact) && artifact.tag === undefined && artifact.digest === undefined;
}

/** True for what is copied because its subject was: an attachment by its tag, or pushed by digest alone. */
export function isAttachment(artifact: Artifact): boolean {
  if (kindOf(artifact) !== 'image' || isObject(artifact)) return false;
  const { tag, digest } = artifact;
  return tag === undefined ? digest !== undefined : isDigestTag(tag);
}
