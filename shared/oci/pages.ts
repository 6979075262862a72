import { parseJson, readBody, unusableAnswer } from './http/bodies';
import type { Exchange } from './exchange';
import type { HttpResponse } from './http/transport';

export interface PageRequest {
  readonly first: URL;
  readonly accept: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

const MAX_PAGES = 1000;
/** The length of a list, in pages of the largest size: what is kept of it must fit into memory. */
const MAX_FULL_PAGES = 16;

/**
 * GETs a list page by page along its `Link` headers (RFC 8288). Ends early when `read` gives `false`.
 *
 * @throws {RegistryError} for pages that are too long, one or all together, or lead back, or on for ever; what `read` throws.
 */
export async function readPages(
  exchange: Exchange,
  { first, accept, headers = {}, maxBytes }: PageRequest,
  read: (page: HttpResponse, json: unknown) => boolean,
): Promise<void> {
  const seen = new Set<string>();
  let total = 0;
  for (let url: URL | undefined = first; url !== undefined;) {
    const current: URL = url;
    url = await exchange({ method: 'GET', url: current, accept, headers }, async (response) => {
      const bytes = await readBody(response, maxBytes);
      if (bytes === undefined) {
        throw unusableAnswer(response, `a page is larger than ${maxBytes} bytes`);
      }
      total += bytes.length;
      if (total > MAX_FULL_PAGES * maxBytes) {
        throw unusableAnswer(response, `the pages of the list go on after ${total} bytes`);
      }
      if (!read(response, parseJson(bytes.toString('utf8')))) return undefined;
      const next = nextOf(response, first);
      if (next === undefined) return undefined;
      seen.add(current.href);
      if (seen.has(next.href) || seen.size === MAX_PAGES) {
        throw unusableAnswer(response, 'the pages of the list do not end');
      }
      return next;
    });
  }
}

/**
 * Always at the registry's own origin, as in containers/image: behind a proxy a registry may know itself by another name,
 * and a list that ended there would be taken for a shorter one.
 */
function nextOf(response: HttpResponse, first: URL): URL | undefined {
  const link = [response.headers['link'] ?? []].flat().join(', ');
  const target = /<([^<>]*)>(?=[^<]*;\s*rel="?next"?(?:[\s;,]|$))/i.exec(link)?.[1];
  if (target === undefined) return undefined;
  const named = URL.parse(target, response.url.href);
  if (!named) throw unusableAnswer(response, 'the next page of the list is at no URL');
  const next = new URL(first.origin);
  next.pathname = named.pathname;
  next.search = named.search;
  return next;
}
