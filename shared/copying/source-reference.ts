import type { Digest } from '../oci/digest';

/** What a copy goes by at its source: a tag, whose digest is only a hint then, or a digest alone. */
export function sourceReference({
  tag,
  digest,
}: {
  readonly tag?: string;
  readonly digest?: Digest;
}): string {
  const reference = tag ?? digest;
  if (reference === undefined) throw new TypeError('a copy needs a tag or a digest at its source');
  return reference;
}
