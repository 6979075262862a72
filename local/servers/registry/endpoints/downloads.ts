import type { Machine } from '../../machine';
import { refuse } from '../errors';
import type { Endpoint, Exchange } from '../reply';

/**
 * Where redirected blobs are served, without authorization, as Artifact Registry and object stores do. A link is good for
 * one GET: a client that keeps one instead of asking the registry again is found out.
 */
export interface Downloads {
  /** The path of a new link for what `exchange` asks for. */
  readonly issue: (exchange: Exchange) => string;
  readonly serve: Endpoint;
}

export function createDownloads(readBlob: Endpoint, names: Machine['names']): Downloads {
  const links = new Map<string, Exchange['route']>();
  return {
    issue({ route }) {
      const link = names();
      links.set(link, route);
      return `/artifacts-downloads/${link}`;
    },
    async serve(exchange) {
      const link = exchange.route.reference;
      const route = links.get(link);
      if (route === undefined) throw refuse('DENIED', 'the link is unknown or was used before');
      if (exchange.method === 'GET') links.delete(link);
      return readBlob({ ...exchange, route });
    },
  };
}
