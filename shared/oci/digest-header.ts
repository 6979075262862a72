import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { DigestMismatchError } from './errors';
import { headerOf, type HttpResponse } from './transport';
import { redactUrl } from './urls';

/**
 * Compares what a registry says it has stored. It need not say, and may name another algorithm's digest: docker-registry
 * calls a sha512 blob by its sha256 digest. Of a streamed blob, without `bytes`, that says nothing.
 *
 * @throws {DigestMismatchError}
 */
export function checkDigest(response: HttpResponse, expected: Digest, bytes?: Uint8Array): void {
  const named = headerOf(response, 'docker-content-digest');
  if (named === undefined || named === expected) return;
  if (isDigest(named) && digestAlgorithm(named) !== digestAlgorithm(expected)) {
    if (bytes === undefined || digestOf(bytes, digestAlgorithm(named)) === named) return;
  }
  const what = `what ${response.method} ${redactUrl(response.url)} stored`;
  throw new DigestMismatchError(what, expected, isDigest(named) ? named : 'no digest');
}
