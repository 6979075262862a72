import { isDigest, type Digest } from '../../shared/oci/digest';
import { isTag } from '../../shared/oci/reference';
import { refuse } from './errors';

/** @throws {ProtocolError} DIGEST_INVALID */
export function requireDigest(text: string | null): Digest {
  if (text === null || !isDigest(text)) {
    throw refuse('DIGEST_INVALID', 'not a sha256 or sha512 digest', {
      detail: text?.slice(0, 200) ?? null,
    });
  }
  return text;
}

/** @throws {ProtocolError} TAG_INVALID */
export function requireTag(text: string): string {
  if (!isTag(text)) throw refuse('TAG_INVALID', 'not a tag', { detail: text.slice(0, 200) });
  return text;
}

/** Reads the last part of a manifest's path; what has a colon can only be a digest. */
export function parseManifestReference(
  text: string,
):
  | { readonly tag: string; readonly digest?: never }
  | { readonly digest: Digest; readonly tag?: never } {
  return text.includes(':') ? { digest: requireDigest(text) } : { tag: requireTag(text) };
}
