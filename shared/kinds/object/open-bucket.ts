import type { OpenOptions, RegistryClient } from '../../oci/client';
import type { Bucket } from './bucket';
import { createBucketMethods } from './json-api';
import { GOOGLE_STORAGE_HOST } from './storage-host';

export type OpenBucketOptions = Omit<OpenOptions, 'access'> & {
  /** Where the JSON API is: `host[:port]`. Default: Google's. */
  readonly host?: string;
};

/**
 * Opens a bucket of Cloud Storage over the process's own client: connections, tokens, pauses, retries and the judging of
 * answers are the same as for registries. No request is sent.
 *
 * Plain requests instead of `@google-cloud/storage`: the loop of its `File.copy` shows no token, knows no deadline, sends no
 * precondition on the source and drops the target's from the second call on, and it repeats by rules of its own. So nothing
 * more is loaded for objects.
 */
export function openBucket(
  client: Pick<RegistryClient, 'connect'>,
  bucket: string,
  { host = GOOGLE_STORAGE_HOST, ...options }: OpenBucketOptions,
): Bucket {
  const { identity } = options;
  const name = { registry: host, repository: bucket };
  const { exchange, origin } = client.connect(name, { ...options, access: 'push' });
  return {
    bucket,
    identity,
    ...createBucketMethods({ exchange, origin, bucket }),
  };
}
