import { createReferences, type ReferenceKinds } from '../rules/artifact';
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

export const {
  kinds: KINDS,
  kindOf,
  parse: parseArtifact,
  format: formatArtifact,
  nameOf,
  nameOf: formatPlace,
} = references;
