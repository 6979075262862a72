import type { ArtifactOutcome } from '../../shared/copy/outcome';
import { copyObject } from '../../shared/objects/copy';
import { openBucket, parseStorageHost } from '../../shared/objects/open-bucket';
import { progressOfAttributes } from '../../shared/objects/progress';
import type { AllowedObjectCopy } from '../../shared/rules/authorize';
import type { Attempt } from './attempt';

/** Copies an object, from where an attempt before this one has left it. Both buckets are asked as the target wants it. */
export function copyAllowedObject(
  { source, target, destination }: AllowedObjectCopy,
  { registries, caches, signal, traffic, retryBudget, repair, ...attempt }: Attempt,
): Promise<ArtifactOutcome> {
  const { impersonate } = target;
  const { storageHost } = attempt;
  const options = {
    signal,
    traffic,
    retryBudget,
    ...(storageHost !== undefined && { host: parseStorageHost(storageHost) }),
    ...(impersonate !== undefined && { identity: impersonate }),
  };
  const progress = progressOfAttributes(attempt.attributes);
  return copyObject({
    source: openBucket(registries, source.bucket, options),
    target: openBucket(registries, destination.bucket, options),
    name: source.name,
    ...(source.generation !== undefined && { generation: source.generation }),
    destination: destination.name,
    repair,
    ...(progress !== undefined && { progress }),
    writers: caches.tags,
    traffic,
    signal,
  });
}
