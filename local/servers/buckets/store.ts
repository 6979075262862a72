import { crc32c } from '../../../shared/google/crc32c';
import type { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import type { Clock } from '../../../shared/system/clock';
import { invalid, noSuchBucket, noSuchObject, StorageError } from './errors';

/** The content of an object. Without `bytes` it has only a size: a large one for rewrites, never downloaded. */
export interface Content {
  readonly size: number;
  readonly crc32c: string;
  readonly bytes?: Buffer;
}

/** The live generation of an object. */
export interface Version {
  readonly bucket: string;
  readonly name: string;
  readonly generation: string;
  readonly metageneration: number;
  readonly content: Content;
  readonly description: ObjectDescription;
  readonly created: Date;
  readonly updated: Date;
}

/** What happened to an object, in the words of a notification. */
export type Change =
  | { readonly type: 'OBJECT_FINALIZE'; readonly object: Version; readonly overwrote?: string }
  | { readonly type: 'OBJECT_METADATA_UPDATE'; readonly object: Version }
  | { readonly type: 'OBJECT_DELETE'; readonly object: Version; readonly overwrittenBy?: string };

/** Buckets in memory, without old generations. Every method but `create` throws for a bucket that is not there. */
export interface Store {
  readonly create: (bucket: string) => void;
  readonly has: (bucket: string) => boolean;
  readonly find: (bucket: string, name: string) => Version | undefined;
  /** @throws {StorageError} when it is not there. */
  readonly get: (bucket: string, name: string) => Version;
  /** Sorted by name, as UTF-8 is. */
  readonly list: (bucket: string) => readonly Version[];
  readonly put: (
    bucket: string,
    name: string,
    content: Content,
    description: ObjectDescription,
  ) => Version;
  readonly describe: (object: Version, description: ObjectDescription) => Version;
  readonly remove: (object: Version) => void;
}

export function contentOf(bytes: Buffer): Content {
  return { size: bytes.length, crc32c: checksumOf(bytes), bytes };
}

export function createStore(onChange: (change: Change) => void, clock: Pick<Clock, 'now'>): Store {
  const buckets = new Map<string, Map<string, Version>>();
  const nextGeneration = createGenerations(clock);

  function open(bucket: string): Map<string, Version> {
    const objects = buckets.get(bucket);
    if (objects === undefined) throw noSuchBucket();
    return objects;
  }

  return {
    create: (bucket) => void buckets.set(bucket, buckets.get(bucket) ?? new Map<string, Version>()),
    has: (bucket) => buckets.has(bucket),
    find: (bucket, name) => open(bucket).get(name),
    get(bucket, name) {
      const object = open(bucket).get(name);
      if (object === undefined) throw noSuchObject(bucket, name);
      return object;
    },
    list: (bucket) =>
      [...open(bucket).values()].sort((one, other) =>
        Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)),
      ),
    put(bucket, name, content, description) {
      const objects = open(bucket);
      const before = objects.get(name);
      const generation = nextGeneration();
      const now = new Date(clock.now());
      const about = { bucket, name, generation, metageneration: 1, created: now, updated: now };
      const object: Version = { ...about, content, description };
      objects.set(name, object);
      const overwrote = before && { overwrote: before.generation };
      onChange({ type: 'OBJECT_FINALIZE', object, ...overwrote });
      if (before) onChange({ type: 'OBJECT_DELETE', object: before, overwrittenBy: generation });
      return object;
    },
    describe(object, description) {
      const { metageneration } = object;
      const next = {
        ...object,
        description,
        metageneration: metageneration + 1,
        updated: new Date(clock.now()),
      };
      open(object.bucket).set(object.name, next);
      onChange({ type: 'OBJECT_METADATA_UPDATE', object: next });
      return next;
    },
    remove(object) {
      open(object.bucket).delete(object.name);
      onChange({ type: 'OBJECT_DELETE', object });
    },
  };
}

/** Microseconds of the epoch, as Google's are; each higher than all before. */
function createGenerations(clock: Pick<Clock, 'now'>): () => string {
  let last = 0n;
  return () => {
    const now = BigInt(Math.floor(clock.now())) * 1000n;
    last = now > last ? now : last + 1n;
    return String(last);
  };
}

/** The CRC32C of `bytes` as Cloud Storage writes it: base64 of its four bytes, the most significant first. */
export function checksumOf(bytes: Uint8Array): string {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32c(bytes));
  return out.toString('base64');
}

/**
 * Checks the `if…Match` parameters of a request that changes `live`, or with `of` "Source" of one that reads it for a rewrite
 * (https://cloud.google.com/storage/docs/request-preconditions). Generation 0 stands for no object.
 *
 * @throws {StorageError} 412
 */
export function checkPreconditions(
  query: URLSearchParams,
  live: Version | undefined,
  of: '' | 'Source' = '',
): void {
  const generation = live?.generation ?? '0';
  const metageneration = String(live?.metageneration ?? 0);
  const check = (name: string, holds: (value: string) => boolean): void => {
    const value = query.get(name);
    if (value === null) return;
    if (!/^\d{1,19}$/.test(value)) throw invalid(`Invalid value for ${name}: ${value}`);
    if (holds(value)) return;
    throw new StorageError(
      412,
      'conditionNotMet',
      'At least one of the pre-conditions you specified did not hold.',
    );
  };
  check(`if${of}GenerationMatch`, (value) => value === generation);
  check(`if${of}GenerationNotMatch`, (value) => value !== generation);
  check(`if${of}MetagenerationMatch`, (value) => value === metageneration);
  check(`if${of}MetagenerationNotMatch`, (value) => value !== metageneration);
}
