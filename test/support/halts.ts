import { blob, type Image } from '../../local/images/content';
import { artifact } from '../../local/images/image';
import type { Descriptor } from '../../shared/oci/descriptor';
import type { Digest } from '../../shared/oci/digest';
import { HALT, HALT_TYPE, RESUME, RESUME_TYPE } from '../../shared/statements/halt';
import { bundleOf, statementOf, type Party } from './parties';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** How a statement differs from what `relay halt` attaches. */
export interface Deviation {
  readonly artifactType?: string;
  readonly layerType?: string;
  readonly predicateType?: string;
  readonly subjects?: readonly Digest[];
  readonly predicate?: object;
  readonly bundle?: Uint8Array;
}

/** A statement in an artifact of its own type. */
export function carry(
  subject: Descriptor,
  by: Party,
  { artifactType, bundle, layerType = BUNDLE, predicate, predicateType, subjects }: Deviation,
): Image {
  const statement = statementOf(subject.digest, { predicateType, predicate, subjects });
  return artifact({
    artifactType: artifactType ?? HALT_TYPE,
    blobs: [blob(bundle ?? bundleOf(statement, [by]), layerType)],
    subject,
  });
}

/** A halt of an image in the repository `source` (registry/repository). */
export function halt(subject: Descriptor, source: string, by: Party, how: Deviation = {}): Image {
  const predicate = { source, why: 'loses orders', time: '2026-11-01T00:00:00Z', ...how.predicate };
  return carry(subject, by, { predicateType: HALT, ...how, predicate });
}

/** Lifts halts. */
export function resume(
  subject: Descriptor,
  source: string,
  by: Party,
  lifts: readonly Image[],
  how: Deviation = {},
): Image {
  const predicate = {
    source,
    lifts: lifts.map(({ root }) => root.digest),
    why: 'repaired',
    time: '2026-11-02T00:00:00Z',
    ...how.predicate,
  };
  return carry(subject, by, {
    artifactType: RESUME_TYPE,
    predicateType: RESUME,
    ...how,
    predicate,
  });
}
