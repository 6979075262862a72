import { digestOf, type Digest } from '../../shared/oci/digest';
import { parseReference } from '../../shared/oci/reference';
import type { SourceRelease } from '../../shared/rules/artifact';

/** A tag of the source as a list tells it; its digest and time follow from `seed` and `day`. */
export function sourceTag(
  reference: string,
  { day, seed = reference, size }: { day?: number; seed?: string; size?: number } = {},
): SourceRelease<'image'> & { readonly digest: Digest } {
  const { registry, repository, tag = '' } = parseReference(reference);
  return {
    kind: 'image',
    registry,
    repository,
    tag,
    digest: digestOf(Buffer.from(seed)),
    ...(day !== undefined && { uploadedAt: new Date(Date.UTC(2026, 10, day)) }),
    size,
  };
}
