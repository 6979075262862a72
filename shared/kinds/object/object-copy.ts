import type { ArtifactOutcome, Attempt } from '../../copying/attempt';
import { copyObject } from './copy';
import { openBucket } from './open-bucket';
import { progressOfAttributes } from './progress';
import type { AllowedCopy } from '../../rules/authorize';

/** Copies an object, as one identity at both ends: the target's own account where it names one. */
export async function copyAllowedObject(
  { source, target, destination }: AllowedCopy<'object'>,
  attempt: Attempt,
): Promise<ArtifactOutcome> {
  const { registries, caches, attributes, clock, signal, traffic, retryBudget, repair } = attempt;
  const { impersonate: identity } = target;
  const opened = {
    signal,
    traffic,
    retryBudget,
    identity,
    host: attempt.storageHost,
  };
  const progress = progressOfAttributes(attributes);
  return copyObject({
    source: openBucket(registries, source.bucket, opened),
    target: openBucket(registries, destination.bucket, opened),
    name: source.name,
    generation: source.generation,
    destination: destination.name,
    repair,
    progress,
    writers: caches.writers,
    traffic,
    signal,
    clock,
  });
}
