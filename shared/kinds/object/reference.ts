import { InvalidReferenceError } from '../../oci/reference';
import type { BucketPlace, ObjectReference, ReferenceKind } from '../../rules/artifact';

export type { BucketPlace, ObjectReference };

export class InvalidObjectReferenceError extends InvalidReferenceError {
  constructor(text: string, problem: string) {
    super(text, problem, 'an object reference');
  }
}

const SCHEME = 'gs://';
/** https://cloud.google.com/storage/docs/buckets#naming: up to 63 characters, up to 222 with dots, 63 between two of them. */
const BUCKET =
  /^(?=.{3,222}$)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/;
const GENERATION = /^[1-9]\d{0,18}$/;
const MAX_GENERATION = 2n ** 63n - 1n;
/** https://cloud.google.com/storage/docs/objects#naming: 1 to 1,024 bytes of UTF-8. */
const MAX_NAME_BYTES = 1024;

/** True for the name of a bucket: lower case, 3 to 63 characters, more only with dots. */
export function isBucketName(text: string): boolean {
  return BUCKET.test(text);
}

/** True for a generation: a positive whole number of 64 bits, in decimal. */
export function isGeneration(text: string): boolean {
  return GENERATION.test(text) && BigInt(text) <= MAX_GENERATION;
}

/** Why no object can have this name; undefined for a name that one can have. */
export function objectNameProblem(name: string): string | undefined {
  if (name === '') return 'it names no object in the bucket';
  if (/\p{Surrogate}/u.test(name)) return 'the name of the object is not valid Unicode';
  if (/[\r\n]/.test(name)) return 'the name of an object has no line breaks';
  if (name === '.' || name === '..') return `an object cannot be called "${name}"`;
  if (name.startsWith('.well-known/acme-challenge/')) {
    return 'Cloud Storage has no objects below .well-known/acme-challenge/';
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return `the name of an object has at most ${MAX_NAME_BYTES} bytes`;
  }
  return undefined;
}

/**
 * Reads `gs://bucket/path/of/object[#generation]`, as gcloud writes it. Digits behind the last `#` are a generation; an
 * object whose own name ends in that way is written with a generation, or with one more `#`.
 *
 * @throws {InvalidObjectReferenceError}
 */
export function parseObjectReference(text: string): ObjectReference {
  const fail = (problem: string): never => {
    throw new InvalidObjectReferenceError(text, problem);
  };
  if (!text.startsWith(SCHEME)) return fail(`it does not begin with "${SCHEME}"`);
  const slash = text.indexOf('/', SCHEME.length);
  if (slash < 0) return fail('it names no object in the bucket');
  const bucket = text.slice(SCHEME.length, slash);
  if (!isBucketName(bucket)) return fail(`"${bucket.slice(0, 80)}" is not the name of a bucket`);
  const path = text.slice(slash + 1);
  const [mark, generation = ''] = /#(\d*)$/.exec(path) ?? [''];
  const name = path.slice(0, path.length - mark.length);
  const problem = objectNameProblem(name);
  if (problem !== undefined) return fail(problem);
  if (generation === '') return { bucket, name };
  if (!isGeneration(generation)) return fail(`"${generation.slice(0, 40)}" is not a generation`);
  return { bucket, name, generation };
}

/** What {@link parseObjectReference} reads as the same object. */
export function formatObjectReference({ bucket, name, generation }: ObjectReference): string {
  const isAmbiguous = generation === undefined && /#\d*$/.test(name);
  const mark = generation !== undefined || isAmbiguous ? `#${generation ?? ''}` : '';
  return `${SCHEME}${bucket}/${name}${mark}`;
}

/** Objects in buckets. */
export const objectReference: ReferenceKind<'object'> = {
  form: 'gs://bucket/object',
  recognizes: (text) => text.startsWith(SCHEME),
  parse: (text) => ({ kind: 'object', ...parseObjectReference(text) }),
  format: formatObjectReference,
  nameOf(named) {
    const path = pathOf(named);
    return `${SCHEME}${named.bucket}${path === '' ? '' : `/${path}`}`;
  },
  pathOf,
  canonical: (place) => place,
  detailsOf: () => ({ isNameAlone: false, isAttachment: false }),
  unpinned: ({ bucket, name }) => ({ kind: 'object', bucket, name }),
};

function pathOf(named: ObjectReference | BucketPlace): string {
  return 'prefix' in named ? named.prefix : named.name;
}

/**
 * Folders in which tools keep the parts of an upload that is under way, by default at the root of the bucket. gcloud can
 * keep them next to the object (`storage/parallel_composite_upload_component_prefix`), and gsutil puts a random
 * folder above its own.
 */
const FOLDERS = [
  'gcloud/tmp/parallel_composite_uploads',
  'gsutil/tmp/parallel_composite_uploads',
  'gcs-go-sdk-pu-tmp', // Google's client for Go, parallel uploads
  '.gcsfuse_tmp', // Cloud Storage FUSE, what it appends to an object
];

/** `KEY;DIGEST;0001-0032.part`, as Google's client for Java calls the parts of a parallel composite upload, wherever they are. */
const PART = /(?:^|\/)[\w=-]+;[\w=-]+;[\d-]+\.part$/;

/**
 * True for an object that is there only while a larger one is uploaded: a part of it, deleted again once the parts are
 * composed (https://cloud.google.com/storage/docs/parallel-composite-uploads).
 */
export function isTemporaryObject(name: string): boolean {
  return FOLDERS.some((folder) => `/${name}`.includes(`/${folder}/`)) || PART.test(name);
}

/** Where the JSON API of Google's Cloud Storage is. */
export const GOOGLE_STORAGE_HOST = 'storage.googleapis.com';

/**
 * The host that `STORAGE_EMULATOR_HOST` names, as Google's clients read it: a URL, or `host:port`. Whether it speaks plain
 * HTTP is up to the client that opens it. `undefined` when it is neither.
 */
export function parseStorageHost(text: string): string | undefined {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  return url === null || url.host === '' || url.pathname !== '/' ? undefined : url.host;
}
