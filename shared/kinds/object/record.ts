import {
  InvalidObjectReferenceError,
  formatObjectReference,
  parseObjectReference,
  type ObjectReference,
} from './reference';
import type { StoredObject } from './stored-object';

/**
 * Custom metadata of a released object: which generation of which object it is (`gs://bucket/name#generation`), and the
 * CRC32C that it was released with. Both are written in the same step as the content, so that one look at the target tells
 * what it holds.
 */
const SOURCE_KEY = 'registry-relay-source';
const CRC32C_KEY = 'registry-relay-crc32c';

/** The record that the copy of `source`, at its present generation, carries. */
export function recordOf(bucket: string, source: StoredObject): Readonly<Record<string, string>> {
  const { name, generation, crc32c = '' } = source;
  return {
    [SOURCE_KEY]: formatObjectReference({ bucket, name, generation }),
    [CRC32C_KEY]: crc32c,
  };
}

/**
 * Which generation of `source` an object at a target is. `undefined`: none that is known. It was not released from there,
 * or its content was changed since.
 */
export function releasedGeneration(
  held: StoredObject,
  source: Pick<ObjectReference, 'bucket' | 'name'>,
): string | undefined {
  const { [SOURCE_KEY]: from, [CRC32C_KEY]: crc32c } = held.metadata ?? {};
  if (from === undefined || crc32c === undefined || crc32c !== held.crc32c) return undefined;
  const { bucket, name, generation } = readReference(from) ?? {};
  return bucket === source.bucket && name === source.name ? generation : undefined;
}

/**
 * True when a target that holds `held` needs nothing of `source`, an object in `bucket`: it is this generation or a newer
 * one, or equal content that came by other means. What a copy, a status and a reconciliation go by alike.
 */
export function isUpToDate(
  held: StoredObject,
  bucket: string,
  source: Pick<StoredObject, 'name' | 'generation' | 'size' | 'crc32c'>,
): boolean {
  const released = releasedGeneration(held, { bucket, name: source.name });
  if (released !== undefined) return isAtLeast(released, source.generation);
  return held.crc32c !== undefined && held.crc32c === source.crc32c && held.size === source.size;
}

/** True when `generation` is `other` or came after it. */
export function isAtLeast(generation: string, other: string): boolean {
  return BigInt(generation) >= BigInt(other);
}

function readReference(text: string): ObjectReference | undefined {
  try {
    return parseObjectReference(text);
  } catch (error) {
    if (error instanceof InvalidObjectReferenceError) return undefined;
    throw error;
  }
}
