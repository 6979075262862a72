import type { Server } from '../network/network';

/** The same registry, which forgets the blobs of an image as soon as it has confirmed them. */
export function forgetful(image: string, server: Server): Server {
  return async (request) => {
    const answer = await server(request);
    const { method, url } = request;
    const digest = url.searchParams.get('digest');
    if (method !== 'PUT' || digest === null || !url.pathname.includes(`/${image}/blobs/uploads/`)) {
      return answer;
    }
    const blob = new URL(url.pathname.replace(/uploads\/.*$/, digest), url);
    await server({ ...request, method: 'DELETE', url: blob, headers: {}, body: Buffer.alloc(0) });
    return answer;
  };
}
