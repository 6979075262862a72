import type { Artifact } from '../../rules/artifact';
import type { HandCopy } from '../common/hand-copy';
import { copyObject } from './copy';
import { openBucket } from './open-bucket';
import { objectReference, type ObjectReference } from './reference';

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
    const { registries, traffic, retryBudget, signal, caches, clock, repair } = attempt;
    const { storageHost: host } = attempt;
    const opened = { traffic, retryBudget, signal, host };
    const there = placedAt(destination, source);
    return copyObject({
      source: openBucket(registries, source.bucket, opened),
      target: openBucket(registries, there.bucket, opened),
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

/** A name that ends with a slash is a folder, as for gcloud: the object keeps the last part of its name in it. */
function placedAt({ bucket, name }: ObjectReference, source: ObjectReference): Artifact<'object'> {
  const isFolder = name.endsWith('/');
  return {
    kind: 'object',
    bucket,
    name: isFolder ? name + (source.name.split('/').at(-1) ?? '') : name,
  };
}
