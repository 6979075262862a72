import type { Server } from '../network/network';
import { refusal } from './refusal';
import type { Registry } from './servers';

/** The same registry, which lists no tags below a repository (with its host). */
export function unlisted(repository: string, { front, back }: Registry): Registry {
  const server: Server = async (request) => {
    const { host, pathname } = request.url;
    const isList = pathname.endsWith('/tags/list');
    if (!isList || !`${host}${pathname.slice('/v2'.length)}`.startsWith(`${repository}/`))
      return front(request);
    return refusal(405, [{ code: 'UNSUPPORTED', message: 'no such list' }]);
  };
  return { front: server, back };
}
