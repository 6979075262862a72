import { createAnswer } from '../../../local/registry/answer';
import { createAuth } from '../../../local/registry/auth';
import { createEndpoints } from '../../../local/registry/endpoints/endpoints';
import type { GcrMessage } from '../../../local/registry/events';
import { parseRoute } from '../../../local/registry/routes';
import type { Server } from '../network';
import { createMemory } from './memory';

export interface RegistryOptions {
  readonly host: string;
  readonly hasReferrers?: boolean;
  /** Takes manifests whose blobs or children are missing. */
  readonly sparse?: boolean;
  readonly immutableTags?: boolean;
  readonly onMessage?: (message: GcrMessage) => void;
}

/** The embedded registry, in memory. */
export function createRegistry(options: RegistryOptions): Server {
  const { host, hasReferrers = true, sparse = false, immutableTags = false } = options;
  const { storage, read } = createMemory();
  const auth = createAuth(undefined);
  const endpoints = createEndpoints(storage, auth, {
    immutableTags,
    sparse,
    hasReferrers,
    pageSize: Infinity,
    nameFor: () => host,
    publish: (message) => options.onMessage?.(message),
  });
  const answer = createAnswer(auth, endpoints);
  return async ({ method, url, headers, body }) => {
    const route = parseRoute(method, decodeURIComponent(url.pathname), url.searchParams);
    const reply = await answer({
      method,
      route,
      query: url.searchParams,
      headers,
      body: bodyOf(body),
      host,
      origin: url.origin,
    });
    const { body: given = Buffer.alloc(0) } = reply;
    const bytes =
      given instanceof Uint8Array
        ? Buffer.from(given)
        : read(given.path).subarray(given.start, given.start + given.length);
    const told = Object.entries(reply.headers).map(([name, value]) => [name, textOf(value)]);
    const length = { 'content-length': String(bytes.length) };
    return {
      status: reply.status,
      headers: { ...length, ...(Object.fromEntries(told) as Record<string, string>) },
      body: bytes,
    };
  };
}

async function* bodyOf(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield bytes;
}

function textOf(value: number | string | string[] | undefined): string | string[] | undefined {
  return typeof value === 'number' ? String(value) : value;
}
