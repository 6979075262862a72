import * as z from 'zod';
import { endpointUrl, type RepositoryContext } from './context';
import type { Descriptor } from './descriptor';
import type { Digest } from './digest';
import type { Exchange } from './exchange';
import { jsonOf, unusableAnswer, parseJson, readBody } from './http/bodies';
import type { RegistryError } from './http/errors';
import { headerOf, type HttpResponse } from './http/transport';
import { DescriptorSchema } from './manifest';
import { OCI_INDEX, essence } from './media-types';
import type { Repository } from './repository';

const TAGS_A_PAGE = 1000;
/** How registries answer that have no referrers API. */
const NO_REFERRERS_API = [400, 404, 405, 406, 501];

/** Without tags it is `null` at some, and at none left out: what has no `tags` is something else. */
const TagList = z.looseObject({ tags: z.array(z.string()).nullable() });
const ReferrersList = z.looseObject({
  mediaType: z.string().nullish(),
  manifests: z.array(DescriptorSchema).nullish(),
});

/** end-8 and end-12. */
export function createListEndpoints(
  context: RepositoryContext,
): Pick<Repository, 'listReferrers' | 'listTags'> {
  const { clock, exchange, limits, name, referrersApi } = context;
  return {
    async listReferrers(subject) {
      // A missing repository shows nothing about its registry. Both responses count only after they have come twice.
      for (let unknown = 0; unknown < 2 && !referrersApi.isAbsent(name);) {
        const asked = clock.monotonic();
        const listed = await readReferrers(context, subject);
        if (listed === 'no repository') {
          unknown += 1;
        } else if (listed === 'no API') {
          referrersApi.absent(name, asked);
        } else {
          referrersApi.present(name);
          return listed;
        }
      }
      return undefined;
    },

    async listTags() {
      const first = endpointUrl(context, `tags/list?n=${TAGS_A_PAGE}`);
      const page = { first, accept: [200], maxBytes: limits.maxBytes };
      const tags: string[] = [];
      await readPages(exchange, page, (response, json) => {
        const list = TagList.safeParse(json);
        if (!list.success) throw unusableAnswer(response, 'this is no list of tags');
        tags.push(...(list.data.tags ?? []));
        return true;
      });
      return tags;
    },
  };
}

async function readReferrers(
  context: RepositoryContext,
  subject: Digest,
): Promise<readonly Descriptor[] | 'no API' | 'no repository'> {
  const { exchange, limits, name, referrersApi } = context;
  const pages = {
    first: endpointUrl(context, `referrers/${subject}`),
    accept: [200, ...NO_REFERRERS_API],
    headers: { accept: OCI_INDEX },
    maxBytes: limits.maxBytes,
  };
  const referrers: Descriptor[] = [];
  let isFirst = true;
  let none: 'no API' | 'no repository' | undefined;
  await readPages(exchange, pages, (response, json) => {
    const page = readPage(response, json);
    if (!page && (!isFirst || referrersApi.isPresent(name))) throw strayAnswer(response);
    if (!page) {
      none = jsonOf(json ?? '').includes('NAME_UNKNOWN') ? 'no repository' : 'no API';
      return false;
    }
    isFirst = false;
    referrers.push(...page);
    if (referrers.length > limits.maxChildren) {
      throw unusableAnswer(response, `it lists more than ${limits.maxChildren} referrers`);
    }
    return true;
  });
  return none ?? referrers;
}

/**
 * Returns undefined if the body is not a list of referrers. Status 200 is not enough, since some registries return it
 * for anything. A list with entries that cannot be copied must not be taken for a shorter list.
 */
function readPage(response: HttpResponse, json: unknown): readonly Descriptor[] | undefined {
  const type = essence(headerOf(response, 'content-type'));
  const isJson = type === OCI_INDEX || type === 'application/json';
  if (response.status !== 200 || !isJson) return undefined;
  const list = ReferrersList.safeParse(json);
  if (!list.success) throw unusableAnswer(response, 'this is no list of referrers');
  const isIndex = type === OCI_INDEX || list.data.mediaType === OCI_INDEX;
  return isIndex ? (list.data.manifests ?? []) : undefined;
}

/** A registry that has returned a list once, or its first page, has a referrers API. */
function strayAnswer(response: HttpResponse): RegistryError {
  const problem = 'this is no list of referrers, while it has given one before';
  return unusableAnswer(response, problem).with({ isStray: true });
}

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
