import { createReferences, type Artifact, type ReferenceKinds } from '../rules/artifact';
import { imageReference } from './image/reference';
import { objectReference } from './object/reference';
import { templateReference } from './template/reference';

/** How each kind is named. */
const REFERENCE_KINDS: ReferenceKinds = {
  image: imageReference,
  template: templateReference,
  object: objectReference,
};

/** What can be asked about an artifact of whatever kind, for whom it is handed in. */
export const references = createReferences(REFERENCE_KINDS);

export const { kinds: KINDS, parse: parseArtifact, format: formatArtifact, nameOf } = references;

/** What a release is called whatever it holds. */
export function releaseName(release: Artifact): string {
  return references.format(references.unpinned(release));
}

/** Empty where there is none. */
export function tagOf(release: Artifact): string {
  return references.detailsOf(release).tag ?? '';
}
