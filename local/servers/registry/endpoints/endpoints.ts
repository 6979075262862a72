import type { Machine } from '../../machine';
import type { Auth } from '../auth';
import { refuse } from '../errors';
import type { Endpoint } from '../reply';
import type { Kind } from '../routes';
import type { Storage } from '../storage/storage';
import { createBlobEndpoints, createDownloads, type Downloads } from './blobs';
import { createListingEndpoints } from './listings';
import { createManifestEndpoints, createPutManifest, type PutManifestOptions } from './manifests';
import { createUploadEndpoints } from './uploads';

export interface EndpointsOptions extends PutManifestOptions, Pick<Machine, 'names'> {
  /** Entries in a page of a list where the client does not say. */
  readonly pageSize: number;
}

export interface Endpoints {
  readonly byKind: Readonly<Record<Kind, Endpoint>>;
  readonly downloads: Downloads;
}

/** What answers each kind of request. */
export function createEndpoints(
  storage: Storage,
  auth: Auth,
  options: EndpointsOptions,
): Endpoints {
  const blob = createBlobEndpoints(storage.blobs);
  const upload = createUploadEndpoints(storage);
  const manifest = createManifestEndpoints(storage, options);
  const list = createListingEndpoints(storage, options.pageSize);
  const downloads = createDownloads(blob.read, options.names);
  return {
    downloads,
    byKind: {
      ping,
      token: auth.token,
      headBlob: blob.read,
      getBlob: blob.read,
      deleteBlob: blob.remove,
      downloadBlob: downloads.serve,
      startUpload: upload.start,
      mountBlob: upload.mount,
      postBlob: upload.post,
      getUpload: upload.status,
      patchUpload: upload.patch,
      putBlob: upload.put,
      cancelUpload: upload.cancel,
      headManifest: manifest.read,
      getManifest: manifest.read,
      putManifest: createPutManifest(storage, options),
      deleteManifest: manifest.remove,
      listTags: list.tags,
      listReferrers: options.hasReferrers ? list.referrers : notFound,
      listRepositories: list.repositories,
      unknown,
    },
  };
}

const ping: Endpoint = () =>
  Promise.resolve({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
  });

const notFound: Endpoint = () => Promise.resolve({ status: 404, headers: {} });

const unknown: Endpoint = (exchange) =>
  exchange.route.repository === ''
    ? notFound(exchange)
    : Promise.reject(refuse('UNSUPPORTED', 'the endpoint has no such method'));
