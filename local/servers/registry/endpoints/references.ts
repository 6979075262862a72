import { type Digest, isDigest } from '../../../../shared/oci/digest';
import { isRepository, isTag } from '../../../../shared/oci/reference';
import { refuse } from '../errors';

/** @throws {ProtocolError} NAME_INVALID: only a validated name may become a path in the storage folder. */
export function requireRepository(text: string): string {
  if (!isRepository(text)) {
    throw refuse('NAME_INVALID', 'invalid repository name', { detail: text.slice(0, 300) });
  }
  return text;
}

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

/** The last part of a manifest's path. What has a colon can only be a digest. */
export function parseManifestReference(text: string): TagOrDigest {
  return text.includes(':') ? { digest: requireDigest(text) } : { tag: requireTag(text) };
}

export type TagOrDigest =
  | { readonly tag: string; readonly digest?: undefined }
  | { readonly digest: Digest; readonly tag?: undefined };
