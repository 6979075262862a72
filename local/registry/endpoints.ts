import type { Auth } from './auth';
import type { BlobStore } from './blob-store';
import { createBlobEndpoints } from './blobs';
import { refuse } from './errors';
import type { GcrMessage } from './events';
import { createListingEndpoints } from './listings';
import { createManifestEndpoints } from './manifest-endpoints';
import type { ManifestStore } from './manifest-store';
import type { Endpoint } from './reply';
import type { Kind } from './routes';
import { createUploadEndpoints } from './upload-endpoints';
import type { Uploads } from './uploads';

export interface EndpointsDeps {
  readonly auth: Auth;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly uploads: Uploads;
  readonly immutableTags: boolean;
  readonly sparse: boolean;
  readonly referrers: boolean;
  readonly pageSize: number;
  readonly publicName: string | undefined;
  readonly publish: (messages: readonly GcrMessage[]) => void;
}

/** What answers each kind of request. */
export function createEndpoints(deps: EndpointsDeps): Readonly<Record<Kind, Endpoint>> {
  const blob = createBlobEndpoints(deps.blobs);
  const upload = createUploadEndpoints({ ...deps, mayPull: deps.auth.mayPull });
  const manifest = createManifestEndpoints({
    ...deps,
    nameFor: ({ host }) => deps.publicName ?? host,
  });
  const list = createListingEndpoints(deps.manifests, deps.pageSize);
  return {
    ping,
    token: deps.auth.token,
    headBlob: blob.read,
    getBlob: blob.read,
    deleteBlob: blob.remove,
    downloadBlob: unknown,
    startUpload: upload.start,
    mountBlob: upload.mount,
    postBlob: upload.post,
    getUpload: upload.status,
    patchUpload: upload.patch,
    putBlob: upload.put,
    cancelUpload: upload.cancel,
    headManifest: manifest.read,
    getManifest: manifest.read,
    putManifest: manifest.put,
    deleteManifest: manifest.remove,
    listTags: list.tags,
    listReferrers: deps.referrers ? list.referrers : notFound,
    listRepositories: list.repositories,
    unknown,
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
