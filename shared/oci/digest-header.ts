import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { DigestMismatchError, DigestNotKeptError } from './http/errors';
import { headerOf, type HttpResponse } from './http/transport';
import { redactUrl } from './http/urls';

/**
 * Checks the digest under which a registry reports to have stored content. The header is optional and may have another
 * algorithm. For a streamed blob, which comes without `bytes`, that is not a mismatch: docker-registry names a sha512
 * blob by its sha256 digest, and serves it by both. A manifest could then not be found by the digest of its tag, index
 * or signature.
 * @throws {DigestMismatchError} {@link DigestNotKeptError}
 */
export function checkDigest(response: HttpResponse, expected: Digest, bytes?: Uint8Array): void {
  const named = headerOf(response, 'docker-content-digest');
  if (named === undefined || named === expected) return;
  const what = `what ${response.method} ${redactUrl(response.url)} stored`;
  if (isDigest(named) && digestAlgorithm(named) !== digestAlgorithm(expected)) {
    if (bytes === undefined) return;
    if (digestOf(bytes, digestAlgorithm(named)) === named) {
      throw new DigestNotKeptError(what, expected, named);
    }
  }
  throw new DigestMismatchError(what, expected, isDigest(named) ? named : 'no digest');
}
