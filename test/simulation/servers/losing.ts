import type { Machine } from '../../../local/servers/machine';
import type { Server } from '../network/network';

const MANIFEST = /^\/v2\/(?<repository>.+)\/manifests\/[^/]+$/;
const REFERRERS = /^\/v2\/(?<repository>.+)\/referrers\/(?<subject>[^/]+)$/;
/** Puts that are no further apart are at once. */
const AT_ONCE_MS = 500;

interface Document {
  readonly subject?: { readonly digest: string };
}

/**
 * The same registry, which loses a referrer from its list when the same process puts another one of the same subject soon after it, as
 * olareg does: until it is put again, and each once, for those that are put one after the other are not lost.
 */
export function losing(clock: Pick<Machine['clock'], 'now'>, server: Server): Server {
  const latest = new Map<
    string,
    { readonly digest: string; readonly at: number; readonly from: string }
  >();
  const lost = new Map<string, Set<string>>();
  const everLost = new Set<string>();

  return async (request) => {
    const { method, url, body } = request;
    const answer = await server(request);
    const put = method === 'PUT' ? MANIFEST.exec(url.pathname)?.groups : undefined;
    if (put && answer.status === 201) {
      const { subject } = JSON.parse(body.toString()) as Document;
      if (subject === undefined) return answer;
      const key = `${put['repository']!} ${subject.digest}`;
      const digest = answer.headers['docker-content-digest'] as string;
      const before = latest.get(key);
      const forgotten = lost.get(key) ?? new Set();
      forgotten.delete(digest);
      const isAtOnce = before?.from === request.from && clock.now() - before.at < AT_ONCE_MS;
      if (isAtOnce && before.digest !== digest && !everLost.has(before.digest)) {
        forgotten.add(before.digest);
        everLost.add(before.digest);
      }
      lost.set(key, forgotten);
      latest.set(key, { digest, at: clock.now(), from: request.from });
      return answer;
    }
    const listed = method === 'GET' ? REFERRERS.exec(url.pathname)?.groups : undefined;
    if (!listed || answer.status !== 200) return answer;
    const forgotten = lost.get(`${listed['repository']!} ${listed['subject']!}`) ?? new Set();
    const list = JSON.parse(answer.body.toString()) as { manifests: { digest: string }[] };
    const manifests = list.manifests.filter(({ digest }) => !forgotten.has(digest));
    const shorter = Buffer.from(JSON.stringify({ ...list, manifests }));
    const headers = { ...answer.headers, 'content-length': String(shorter.length) };
    return { ...answer, headers, body: shorter };
  };
}
