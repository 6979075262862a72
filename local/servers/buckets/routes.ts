import type { Route } from '../registry/routes';

/** What a request asks for; the names that faults and the request log use. */
export type Kind =
  | 'getBucket'
  | 'insertBucket'
  | 'testPermissions'
  | 'listNotifications'
  | 'listObjects'
  | 'getObject'
  /** objects.get with `alt=media`. */
  | 'downloadObject'
  | 'patchObject'
  | 'deleteObject'
  | 'rewriteObject'
  /** A whole object in one request. */
  | 'insertObject'
  /** POST that opens a resumable upload. */
  | 'startUpload'
  /** PUT of a part, or of nothing, to a resumable upload. */
  | 'continueUpload'
  | 'unknown';

const BUCKETS = /^\/storage\/v1\/b\/?$/;
const BUCKET = /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/?$/;
/** What is asked of a bucket itself. */
const ABOUT_BUCKET =
  /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/(?<what>iam\/testPermissions|notificationConfigs)$/;
const OBJECTS = /^(?<upload>\/upload)?\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/?$/;
const OBJECT = /^(?:\/download)?\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<name>.+)$/s;

/**
 * Finds the method of the JSON API. `repository` is the bucket; `reference` the object's name, for a rewrite with what
 * follows it (`name/rewriteTo/b/bucket/o/name`).
 */
export function parseRoute(method: string, path: string, query: URLSearchParams): Route<Kind> {
  const objects = OBJECTS.exec(path)?.groups;
  const object = OBJECT.exec(path)?.groups;
  const about = ABOUT_BUCKET.exec(path)?.groups;
  const { bucket } = objects ?? object ?? about ?? BUCKET.exec(path)?.groups ?? {};
  return {
    kind: kindOf(),
    repository: bucket ?? '',
    reference: object?.['name'] ?? query.get('name') ?? '',
  };

  function kindOf(): Kind {
    if (BUCKETS.test(path)) return method === 'POST' ? 'insertBucket' : 'unknown';
    if (object) return objectKind(method, object['name'] ?? '', query);
    if (objects?.['upload'] !== undefined) return uploadKind(method, query);
    if (method !== 'GET') return 'unknown';
    if (objects) return 'listObjects';
    if (about?.['what'] === 'notificationConfigs') return 'listNotifications';
    if (about) return 'testPermissions';
    return bucket === undefined ? 'unknown' : 'getBucket';
  }
}

function objectKind(method: string, name: string, query: URLSearchParams): Kind {
  switch (method) {
    case 'GET':
      return query.get('alt') === 'media' ? 'downloadObject' : 'getObject';
    case 'PATCH':
      return 'patchObject';
    case 'DELETE':
      return 'deleteObject';
    case 'POST':
      return name.includes('/rewriteTo/b/') ? 'rewriteObject' : 'unknown';
    default:
      return 'unknown';
  }
}

function uploadKind(method: string, query: URLSearchParams): Kind {
  if (method === 'PUT' && query.has('upload_id')) return 'continueUpload';
  if (method !== 'POST') return 'unknown';
  return query.get('uploadType') === 'resumable' ? 'startUpload' : 'insertObject';
}
