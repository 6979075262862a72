import { createHash } from 'node:crypto';
import {
  InvalidObjectReferenceError,
  formatObjectReference,
  parseObjectReference,
  type ObjectReference,
} from './reference';
import { describeObject, type StoredObject } from './stored-object';

/**
 * Custom metadata of a released object: which generation of which object it is (`gs://bucket/name#generation`), the
 * CRC32C that it was released with, and a digest of its source's metadata then. All are written in the same step as the
 * content, so that one look at the target shows what it holds.
 */
const SOURCE_KEY = 'registry-relay-source';
const CRC32C_KEY = 'registry-relay-crc32c';
const DESCRIPTION_KEY = 'registry-relay-description';

/** The record that the copy of `source`, at its present generation, carries. */
export function recordOf(bucket: string, source: StoredObject): Readonly<Record<string, string>> {
  const { name, generation, crc32c = '' } = source;
  return {
    [SOURCE_KEY]: formatObjectReference({ bucket, name, generation }),
    [CRC32C_KEY]: crc32c,
    [DESCRIPTION_KEY]: descriptionDigest(source),
  };
}

/**
 * A digest of all that {@link describeObject} returns: content type, custom metadata, contexts and the rest.
 */
export function descriptionDigest(object: StoredObject): string {
  const { metadata = {}, contexts, ...others } = describeObject(object);
  // An object that was released here and is released further gets another record each time.
  const own = Object.entries(metadata).filter(([key]) => !RECORD.includes(key));
  const said = { ...others, metadata: sorted(own), contexts: sorted(contextsOf(contexts)) };
  return createHash('sha256')
    .update(JSON.stringify(sorted(Object.entries(said))))
    .digest('base64url');
}

const RECORD = [SOURCE_KEY, CRC32C_KEY, DESCRIPTION_KEY];

function contextsOf(contexts: StoredObject['contexts']): [string, string][] {
  return Object.entries(contexts?.custom ?? {}).map(([key, { value }]) => [key, value]);
}

function sorted<T>(entries: readonly [string, T][]): [string, T][] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
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

/** What must be known of a source to decide whether a target is up to date. */
export interface ReleasedObject extends Pick<
  StoredObject,
  'name' | 'generation' | 'size' | 'crc32c'
> {
  /** {@link descriptionDigest} */
  readonly description: string;
}

export function asReleased(source: StoredObject): ReleasedObject {
  return { ...source, description: descriptionDigest(source) };
}

/**
 * True when a target that holds `held` needs nothing of `source`, an object in `bucket`: it was released from a newer
 * generation, or from this one with its present metadata, or it is equal content that came by other means. Copies,
 * `status` and `reconcile` all go by this. Metadata that a customer changes after the release is the customer's.
 */
export function isUpToDate(held: StoredObject, bucket: string, source: ReleasedObject): boolean {
  const released = releasedGeneration(held, { bucket, name: source.name });
  if (released === undefined) {
    return held.crc32c !== undefined && held.crc32c === source.crc32c && held.size === source.size;
  }
  if (released !== source.generation) return isAtLeast(released, source.generation);
  return (held.metadata?.[DESCRIPTION_KEY] ?? descriptionDigest(held)) === source.description;
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
