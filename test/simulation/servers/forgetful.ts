import type { Server } from '../network/network';
import type { Registry } from './servers';

/** The same registry, which forgets the blobs of an image as soon as it has confirmed them. */
export function forgetful(image: string, { front, back }: Registry): Registry {
  const server: Server = async (request) => {
    const answer = await front(request);
    const { method, url } = request;
    const digest = url.searchParams.get('digest');
    if (method !== 'PUT' || digest === null || !url.pathname.includes(`/${image}/blobs/uploads/`)) {
      return answer;
    }
    const blob = new URL(url.pathname.replace(/uploads\/.*$/, digest), url);
    await back({ ...request, method: 'DELETE', url: blob, headers: {}, body: Buffer.alloc(0) });
    return answer;
  };
  return { front: server, back };
}
