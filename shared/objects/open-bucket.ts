import type { OpenOptions, RegistryClient } from '../oci/client';
import type { Bucket } from './bucket';
import { createBucketMethods } from './json-api';

export type OpenBucketOptions = Omit<OpenOptions, 'access'> & {
  /** Where the JSON API is: `host[:port]`. Default: Google's. */
  readonly host?: string;
};

const GOOGLE = 'storage.googleapis.com';

/**
 * Opens a bucket of Cloud Storage over the process's own client: connections, tokens, pauses and repeats are those that
 * registries have, and an answer is judged as a registry's is. No request is sent.
 *
 * Plain requests instead of `@google-cloud/storage`: the loop of its `File.copy` shows no token, knows no deadline, sends no
 * precondition on the source and drops the target's from the second call on, and it repeats by rules of its own. So nothing
 * more is loaded for objects.
 */
export function openBucket(
  client: Pick<RegistryClient, 'connect'>,
  bucket: string,
  { host = GOOGLE, ...options }: OpenBucketOptions,
): Bucket {
  const { identity } = options;
  const name = { registry: host, repository: bucket };
  const { exchange, origin } = client.connect(name, { ...options, access: 'push' });
  return {
    bucket,
    ...(identity !== undefined && { identity }),
    ...createBucketMethods({ exchange, origin, bucket }),
  };
}

/**
 * The host that `STORAGE_EMULATOR_HOST` names, as Google's clients read it: a URL, or `host:port`. Whether it speaks plain
 * HTTP is up to the client that opens it.
 *
 * @throws {TypeError} when it is neither.
 */
export function parseStorageHost(text: string): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (url === null || url.host === '' || url.pathname !== '/') {
    throw new TypeError(`${JSON.stringify(text)} is neither "host:port" nor the URL of a host`);
  }
  return url.host;
}
