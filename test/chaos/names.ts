import type { KindName } from '../../shared/rules/artifact';
import { formatArtifact, parseArtifact } from '../../shared/kinds/references';
import { parseObjectReference } from '../../shared/kinds/object/reference';
import { formatReference, parseReference } from '../../shared/oci/reference';
import type { JobMove } from './move';

/** The source of a job: what moves call by its name below the vendor's place. */
export function sourceOf(place: string, { of, name, generation }: JobMove): string {
  if (of !== 'object') return formatReference(parseReference(`${place}/${name}`));
  const { bucket, name: prefix } = parseObjectReference(place);
  return formatArtifact({
    kind: 'object',
    bucket,
    name: `${prefix}/${name}`,
    generation,
  });
}

/** The kind and the name below the vendor's place: `image api:v1.2.0`, `object models/llm.bin`. */
export function nameBelow(source: string): `${KindName} ${string}` {
  const artifact = parseArtifact(source);
  const { kind } = artifact;
  if (kind === 'object') return `${kind} ${artifact.name.split('/').slice(1).join('/')}`;
  const { repository, tag = '' } = artifact;
  return `${kind} ${repository.split('/').slice(2).join('/')}:${tag}`;
}
