/**
 * Folders in which tools keep the parts of an upload that is under way, by default at the root of the bucket. gcloud can be
 * told to keep them beside the object (`storage/parallel_composite_upload_component_prefix`), and gsutil puts a random
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
