import type { Server } from '../network/network';
import { refusal } from './refusal';
import type { Registry } from './servers';

/** The same registry, which answers 500 where a manifest is asked for by the digest of a blob, as docker-registry 2.8 does. */
export function byType({ front, back }: Registry): Registry {
  const server: Server = async (request) => {
    const answer = await front(request);
    const blob = request.url.pathname.replace(/\/manifests\/(?=sha256:)/, '/blobs/');
    if (answer.status !== 404 || blob === request.url.pathname) return answer;
    const url = new URL(request.url);
    url.pathname = blob;
    const { status } = await front({ ...request, method: 'HEAD', url });
    return status === 200 ? refusal(500, [{ code: 'UNKNOWN', message: 'unknown error' }]) : answer;
  };
  return { front: server, back };
}
