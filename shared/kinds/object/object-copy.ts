import type { ArtifactOutcome, Attempt } from '../../copying/attempt';
import type { Artifact } from '../../rules/artifact';
import type { AllowedCopy } from '../../rules/authorize';
import { endOptions } from '../common/ends';
import type { HandAttempt, HandCopy } from '../kind';
import { openBucket, type Bucket } from './bucket';
import { copyObject } from './copy';
import { objectReference, type ObjectReference } from './reference';
import { progressOfAttributes } from './rewrite';

/** Copies an object, as one identity at both ends: the target's own account where it names one. */
export async function copyAllowedObject(
  { source, target, destination }: AllowedCopy<'object'>,
  attempt: Attempt,
): Promise<ArtifactOutcome> {
  const { caches, attributes, clock, signal, traffic, repair } = attempt;
  const progress = progressOfAttributes(attributes);
  return copyObject({
    source: openEnd(attempt, source.bucket, target.impersonate),
    target: openEnd(attempt, destination.bucket, target.impersonate),
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

/** The CRC32C of what the destination holds. */
export async function heldObject(
  { destination, target }: AllowedCopy<'object'>,
  attempt: Attempt,
): Promise<string | undefined> {
  const bucket = openEnd(attempt, destination.bucket, target.impersonate);
  const object = await bucket.getObject(destination.name);
  return object && `crc32c:${object.crc32c ?? ''}`;
}

/** Copies an object by hand, from bucket to bucket, as the caller at both ends. */
export const objectHandCopy: HandCopy<'object'> = {
  takes: ['repair'],
  problem(source, destination) {
    if (destination.generation !== undefined) {
      return 'The destination takes no generation: Cloud Storage gives it one.';
    }
    const there = objectReference.format(placedAt(destination, source));
    return there === objectReference.format(objectReference.unpinned(source))
      ? 'Source and destination are the same object.'
      : undefined;
  },
  copy({ source, destination }, { onProgress }, attempt) {
    const { traffic, signal, caches, clock, repair } = attempt;
    const there = placedAt(destination, source);
    return copyObject({
      source: openEnd(attempt, source.bucket),
      target: openEnd(attempt, there.bucket),
      name: source.name,
      generation: source.generation,
      destination: there.name,
      repair,
      writers: caches.writers,
      traffic,
      signal,
      clock,
      onProgress,
    });
  },
};

function openEnd(attempt: HandAttempt, bucket: string, identity?: string): Bucket {
  const { registries, storageHost: host } = attempt;
  return openBucket(registries, bucket, { ...endOptions(attempt, 'push', identity), host });
}

/** A name that ends with a slash is a folder, as for gcloud: the object keeps the last part of its name in it. */
function placedAt({ bucket, name }: ObjectReference, source: ObjectReference): Artifact<'object'> {
  const isFolder = name.endsWith('/');
  return {
    kind: 'object',
    bucket,
    name: isFolder ? name + (source.name.split('/').at(-1) ?? '') : name,
  };
}
