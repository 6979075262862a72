import * as z from 'zod';
import { UncopyableError } from '../../copying/errors';
import { isGeneration } from './reference';

/**
 * The metadata that an upload sets and a copy keeps (https://cloud.google.com/storage/docs/json_api/v1/objects). Storage
 * class, encryption and access are the bucket's own.
 */
const DESCRIPTION = {
  cacheControl: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  contentType: z.string().optional(),
  customTime: z.string().optional(),
  /** Custom metadata. */
  metadata: z.record(z.string(), z.string()).optional(),
  /** Object contexts (https://cloud.google.com/storage/docs/object-contexts), without the times that the service gives them. */
  contexts: z
    .object({ custom: z.record(z.string(), z.object({ value: z.string() })).optional() })
    .optional(),
};

export const ObjectDescription = z.object(DESCRIPTION);
export type ObjectDescription = z.output<typeof ObjectDescription>;

/** One generation of an object, without its content. */
export const StoredObject = z.object({
  ...DESCRIPTION,
  name: z.string(),
  generation: z.string().refine(isGeneration, 'not a generation'),
  /** Counts the changes of a generation's metadata. */
  metageneration: z
    .string()
    .regex(/^[1-9]\d*$/)
    .optional(),
  /** Bytes. */
  size: z.string().regex(/^\d+$/).transform(Number),
  /** Base64. Absent where Google does not keep the key of the content, and in a list where Cloud KMS does. */
  crc32c: z.string().optional(),
  /** When this generation came to be. */
  timeCreated: z.coerce.date().optional(),
  /** The same, or when its metadata was last changed. */
  updated: z.coerce.date().optional(),
});
export type StoredObject = z.output<typeof StoredObject>;

/** The fields of an answer (`fields=`) that make a {@link StoredObject}. */
export const OBJECT_FIELDS = Object.keys(StoredObject.shape).join(',');

/** The metadata of `object`, for a rewrite or an upload that is to keep it. */
export function describeObject(object: StoredObject): ObjectDescription {
  return ObjectDescription.parse(object);
}

/** For an object whose checksum Cloud Storage does not return. */
export function encryptedError(object: string): UncopyableError {
  return new UncopyableError(object, 'it is encrypted with a key that only its uploader has');
}
