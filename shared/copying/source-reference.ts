import type { Digest } from '../oci/digest';

/** How a copy names its source: by tag, where the digest is only a hint, or by digest alone. */
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
