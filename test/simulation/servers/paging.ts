import type { Pages } from '../history/vendor';
import type { Server } from '../network/network';
import type { Registry } from './servers';

const LIST = /\/(?:tags\/list|referrers\/[^/]+)$/;
const ELSEWHERE = 'https://registry.internal';

/** The same registry, which gives its lists page by page, however many entries it is asked for. */
export function paging({ size, next }: Pages, { front, back }: Registry): Registry {
  const server: Server = async (request) => {
    if (request.method !== 'GET' || !LIST.test(request.url.pathname)) return front(request);
    const url = new URL(request.url);
    url.searchParams.set('n', String(size));
    const answer = await front({ ...request, url });
    const [, target] = /^<(.*)>; rel="next"$/.exec([answer.headers['link']].join('')) ?? [];
    if (target === undefined) return answer;
    const said = next === 'elsewhere' ? `${ELSEWHERE}${target}` : target.replace(/^[^?]*/, '');
    return { ...answer, headers: { ...answer.headers, link: `<${said}>; rel="next"` } };
  };
  return { front: server, back };
}
