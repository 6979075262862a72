import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { DigestMismatchError, DigestNotKeptError } from './http/errors';
import { headerOf, type HttpResponse } from './http/transport';
import { redactUrl } from './http/urls';

/**
 * Compares what a registry says it has stored. It need not say, and may name another algorithm's digest. Of a streamed blob,
 * without `bytes`, that says nothing: docker-registry calls a sha512 blob by its sha256 digest, and serves it by both. A
 * manifest is then not found by the digest that its tag, its index or its signature names.
 *
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
