import * as z from 'zod';
import { jsonOf, unusableAnswer } from './bodies';
import { endpointUrl, type RepositoryContext } from './context';
import type { Descriptor } from './descriptor';
import { DescriptorSchema } from './manifest';
import { OCI_INDEX, essence } from './media-types';
import { readPages } from './pages';
import type { Repository } from './repository';
import { headerOf, type HttpResponse } from './transport';

const TAGS_A_PAGE = 1000;
/** How registries answer that have no referrers API. */
const NO_REFERRERS_API = [400, 404, 405, 406, 501];

const TagList = z.looseObject({ tags: z.array(z.string()).nullish() });
const ReferrersList = z.looseObject({
  mediaType: z.string().nullish(),
  manifests: z.array(DescriptorSchema).nullish(),
});

/** end-8 and end-12. */
export function createListEndpoints(
  context: RepositoryContext,
): Pick<Repository, 'listReferrers' | 'listTags'> {
  const { exchange, limits, name, referrersApi } = context;
  return {
    async listReferrers(subject) {
      if (referrersApi.isAbsent(name)) return undefined;
      const page = {
        first: endpointUrl(context, `referrers/${subject}`),
        accept: [200, ...NO_REFERRERS_API],
        headers: { accept: OCI_INDEX },
        maxBytes: limits.maxBytes,
      };
      let referrers: Descriptor[] | undefined = [];
      await readPages(exchange, page, (response, json) => {
        const found = readReferrers(response, json);
        referrers = found && referrers?.concat(found);
        if (referrers !== undefined && referrers.length > limits.maxChildren) {
          throw unusableAnswer(response, `it lists more than ${limits.maxChildren} referrers`);
        }
        // A repository that does not exist yet tells nothing about its registry.
        const isUnknown = jsonOf(json ?? '').includes('NAME_UNKNOWN');
        if (found === undefined && !isUnknown) referrersApi.absent(name);
        return found !== undefined;
      });
      return referrers;
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

/**
 * `undefined`: the registry has no referrers API. A status of 200 is not enough, since some answer it for anything; a
 * list that is one but names what cannot be copied must not be taken for shorter than it is.
 */
function readReferrers(response: HttpResponse, json: unknown): Descriptor[] | undefined {
  const type = essence(headerOf(response, 'content-type'));
  const isJson = type === OCI_INDEX || type === 'application/json';
  if (response.status !== 200 || !isJson) return undefined;
  const list = ReferrersList.safeParse(json);
  if (!list.success) throw unusableAnswer(response, 'this is no list of referrers');
  const isIndex = type === OCI_INDEX || list.data.mediaType === OCI_INDEX;
  return isIndex ? (list.data.manifests ?? []) : undefined;
}
