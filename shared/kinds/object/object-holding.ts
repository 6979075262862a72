import type { Attempt } from '../../copying/attempt';
import type { AllowedCopy } from '../../rules/authorize';
import { openBucket } from './open-bucket';

/** The CRC32C of what the destination holds. */
export async function heldObject(
  { destination, target }: AllowedCopy<'object'>,
  { registries, signal, traffic, retryBudget, storageHost }: Attempt,
): Promise<string | undefined> {
  const { impersonate: identity } = target;
  const bucket = openBucket(registries, destination.bucket, {
    signal,
    traffic,
    retryBudget,
    identity,
    host: storageHost,
  });
  const object = await bucket.getObject(destination.name);
  return object && `crc32c:${object.crc32c ?? ''}`;
}
