import { createReferences, type Artifact } from '../rules/artifact';
import { KINDS } from './kinds';

/** Reads and writes the names of artifacts of all kinds. */
export const references = createReferences(KINDS);

export const { parse: parseArtifact, format: formatArtifact, nameOf } = references;

/** What a release is called whatever it holds. */
export function releaseName(release: Artifact): string {
  return references.format(references.unpinned(release));
}

/** Empty where there is none. */
export function tagOf(release: Artifact): string {
  return references.detailsOf(release).tag ?? '';
}
