import { digestOf } from '../../../shared/oci/digest';
import { LARGEST, type RefusedName } from '../history/refused';
import type { Answer } from '../network/fate';
import type { ServedRequest, Server } from '../network/network';
import { refusal } from './refusal';
import type { Registry } from './servers';

/** What a registry does with a request for one image, instead of what it is asked for; `undefined`: nothing. */
type Whim = (request: ServedRequest, serve: Server) => Answer | Promise<Answer> | undefined;

const isUpload = ({ method, url }: ServedRequest): boolean =>
  method === 'PUT' && url.pathname.includes('/blobs/uploads/');
const isManifest = ({ method, url }: ServedRequest): boolean =>
  method === 'PUT' && url.pathname.includes('/manifests/');

const WHIMS: Readonly<Partial<Record<RefusedName, Whim>>> = {
  /** Some answer so, and others with a code that says nothing. */
  heavy: (request) =>
    isUpload(request) && request.body.length > LARGEST.blob
      ? refusal(413, [{ code: 'SIZE_INVALID', message: 'provided length did not match' }])
      : undefined,

  /** docker-registry 2.8, unless it is told which URLs are allowed. */
  windows(request) {
    if (!isManifest(request)) return undefined;
    const { layers = [] } = JSON.parse(request.body.toString()) as Document;
    const foreign = layers.filter(({ urls = [] }) => urls.length > 0);
    const unknown = foreign.map(({ digest }) => ({
      code: 'MANIFEST_BLOB_UNKNOWN',
      message: 'blob unknown to registry',
      detail: { digest },
    }));
    return refusal(500, [{ code: 'UNKNOWN', message: 'invalid URL on layer' }, ...unknown]);
  },

  /** docker-registry, too, which names all that it keeps by sha256. */
  sha512(request, serve) {
    if (!isManifest(request) || !request.url.pathname.includes('/sha512:')) return undefined;
    const url = new URL(request.url);
    url.pathname = url.pathname.replace(/[^/]*$/, digestOf(request.body));
    return serve({ ...request, url });
  },
};

interface Document {
  readonly layers?: readonly { readonly digest: string; readonly urls?: readonly string[] }[];
}

/** The same registry, which does not take some images. */
export function picky({ front, back }: Registry): Registry {
  const server: Server = async (request) => {
    const [, image = ''] = /\/([^/]+)\/(?:blobs|manifests)\//.exec(request.url.pathname) ?? [];
    return (await WHIMS[image as RefusedName]?.(request, front)) ?? front(request);
  };
  return { front: server, back };
}
