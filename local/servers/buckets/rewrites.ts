import { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import type { Machine } from '../machine';
import { invalid, StorageError } from './errors';
import { checkPreconditions, type Store, type Version } from './store';

interface RewriteRequest {
  readonly bucket: string;
  readonly name: string;
  readonly query: URLSearchParams;
  /** The description of the new object; none: the source's. */
  readonly body: unknown;
  readonly to: { readonly bucket: string; readonly name: string };
}

type RewriteStep =
  | { readonly done: true; readonly object: Version }
  | { readonly done: false; readonly token: string; readonly rewritten: number; size: number };

export interface Rewrites {
  /** One call of objects.rewrite. @throws {StorageError} */
  step(request: RewriteRequest): RewriteStep;
  /** What a week does: no token is known any more (410). */
  expire(): void;
}

/** A rewrite under way, as its token knows it. */
interface Session {
  /** Everything that the calls of one rewrite must have in common. */
  readonly key: string;
  readonly rewritten: number;
}

const MEBIBYTE = 1024 * 1024;

/** `bytesPerCall`: how much one call copies where the request does not say less. */
export function createRewrites(
  store: Store,
  bytesPerCall: number,
  names: Machine['names'],
): Rewrites {
  const sessions = new Map<string, Session>();

  function resume(token: string | null, key: string): number {
    if (token === null) return 0;
    const session = sessions.get(token);
    if (session === undefined)
      throw new StorageError(410, 'gone', 'The rewrite token has expired.');
    if (session.key !== key) throw invalid('The rewrite token is of another request.');
    return session.rewritten;
  }

  return {
    step({ bucket, name, query, body, to }) {
      const source = store.get(bucket, name);
      const generation = query.get('sourceGeneration');
      if (generation !== null && generation !== source.generation) {
        throw new StorageError(404, 'notFound', `No such object: ${bucket}/${name}#${generation}`);
      }
      checkPreconditions(query, source, 'Source');
      checkPreconditions(query, store.find(to.bucket, to.name));
      const description = ObjectDescription.parse(isEmpty(body) ? source.description : body);
      const { size } = source.content;
      const key = JSON.stringify([bucket, name, source.generation, to, description]);
      const rewritten = resume(query.get('rewriteToken'), key) + callSize(query, bytesPerCall);
      if (rewritten >= size) {
        return { done: true, object: store.put(to.bucket, to.name, source.content, description) };
      }
      const token = `rewrite-${names()}`;
      sessions.set(token, { key, rewritten });
      return { done: false, token, rewritten, size };
    },
    expire: () => sessions.clear(),
  };
}

function callSize(query: URLSearchParams, most: number): number {
  const asked = query.get('maxBytesRewrittenPerCall');
  if (asked === null) return most;
  const bytes = Number(asked);
  if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes % MEBIBYTE !== 0) {
    throw invalid('maxBytesRewrittenPerCall must be a multiple of 1 MiB.');
  }
  return Math.min(bytes, most);
}

function isEmpty(body: unknown): boolean {
  return typeof body !== 'object' || body === null || Object.keys(body).length === 0;
}
