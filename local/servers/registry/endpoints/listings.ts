import type { OutgoingHttpHeaders } from 'node:http';
import { refuse } from '../errors';
import type { Storage } from '../storage/storage';
import { requireDigest } from './references';
import type { Endpoint, Reply } from '../reply';

/** Lists, in pages (end-8, end-12; Docker's `_catalog`). */
export interface ListingEndpoints {
  readonly repositories: Endpoint;
  readonly tags: Endpoint;
  readonly referrers: Endpoint;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** `pageSize` entries a page where the client does not ask for a number. */
export function createListingEndpoints(
  { manifests, tags, referrers }: Storage,
  pageSize: number,
): ListingEndpoints {
  return {
    async repositories({ query }) {
      const page = paginate('/v2/_catalog', await manifests.repositories(), query, pageSize);
      return json(page.headers, { repositories: page.entries });
    },

    async tags({ route: { repository }, query }) {
      const known = await tags.list(repository);
      if (known === undefined) {
        throw refuse('NAME_UNKNOWN', 'repository name not known to registry', {
          detail: { name: repository },
        });
      }
      const page = paginate(`/v2/${repository}/tags/list`, known, query, pageSize);
      return json(page.headers, { name: repository, tags: page.entries });
    },

    async referrers({ route: { repository, reference }, query }) {
      const subject = requireDigest(reference);
      const wanted = query.get('artifactType');
      const found = (await referrers.list(repository, subject)).filter(
        ({ artifactType }) => wanted === null || artifactType === wanted,
      );
      const path = `/v2/${repository}/referrers/${subject}`;
      const digests = found.map(({ digest }) => digest);
      const { entries, headers } = paginate(path, digests, query, pageSize);
      const shown = new Set(entries);
      return json(
        {
          'content-type': INDEX,
          ...headers,
          ...(wanted !== null && { 'oci-filters-applied': 'artifactType' }),
        },
        {
          schemaVersion: 2,
          mediaType: INDEX,
          manifests: found.filter(({ digest }) => shown.has(digest)),
        },
      );
    },
  };
}

/** The entries after `last`, at most `n` of them, and a Link to the next page (RFC 8288). `entries` are sorted. */
function paginate<T extends string>(
  path: string,
  entries: readonly T[],
  query: URLSearchParams,
  pageSize: number,
): { readonly entries: readonly T[]; readonly headers: OutgoingHttpHeaders } {
  const asked = query.get('n');
  const limit = asked === null ? pageSize : Number(asked);
  if (Number.isNaN(limit) || limit < 0) {
    throw refuse('PAGINATION_NUMBER_INVALID', 'n is not a number of entries', { detail: asked });
  }
  const last = query.get('last');
  const rest = last === null ? entries : entries.filter((entry) => entry > last);
  const page = rest.slice(0, limit);
  const end = page.at(-1);
  if (end === undefined || page.length === rest.length) return { entries: page, headers: {} };
  const next = new URLSearchParams(query);
  next.set('n', String(limit));
  next.set('last', end);
  return { entries: page, headers: { link: `<${path}?${next.toString()}>; rel="next"` } };
}

function json(headers: OutgoingHttpHeaders, content: unknown): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(content)),
  };
}
