import type { Incoming } from './reply';
import type { Kind, Route } from './routes';

/** One request that arrived. */
interface LoggedRequest<K extends string> {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly kind: K;
  readonly repository: string;
  readonly reference: string;
  /** The host that was asked for. */
  readonly host: string;
  /** The scheme of its Authorization header: `Bearer`, `Basic`; never what follows it. */
  readonly authorization?: string;
  readonly range?: string;
  /** Equal for requests over one connection. */
  readonly connection: number;
  /** As sent; undefined as long as no answer was begun. */
  status?: number;
}

/** The requests since the last `reset`, in the order of arrival: what tests assert on. */
export interface RequestLog<K extends string = Kind> {
  /** The requests of these kinds; without any, all. */
  readonly of: (...kinds: readonly K[]) => readonly LoggedRequest<K>[];
  /** How many of each kind; kinds without any are left out. */
  readonly counts: () => Readonly<Partial<Record<K, number>>>;
  /** How many connections they came over. */
  readonly connections: () => number;
  readonly reset: () => void;
}

/** The writing side. */
export interface RequestRecorder<K extends string = Kind> extends RequestLog<K> {
  readonly record: (request: Incoming, route: Route<K>) => LoggedRequest<K>;
}

/** A registry that runs for days must not keep every request. */
const MAX_ENTRIES = 100_000;

export function createRequestLog<K extends string = Kind>(): RequestRecorder<K> {
  let entries: LoggedRequest<K>[] = [];
  let opened = 0;
  const connections = new WeakMap<object, number>();

  function numberOf(connection: object): number {
    const known = connections.get(connection);
    if (known !== undefined) return known;
    opened += 1;
    connections.set(connection, opened);
    return opened;
  }

  return {
    record({ method, url, headers, connection }, route) {
      const { authorization, range, host = '' } = headers;
      const entry: LoggedRequest<K> = {
        method,
        path: url,
        ...route,
        host,
        ...(authorization !== undefined && { authorization: authorization.split(' ')[0] ?? '' }),
        range,
        connection: numberOf(connection),
      };
      if (entries.length === MAX_ENTRIES) entries = entries.slice(MAX_ENTRIES / 2);
      entries.push(entry);
      return entry;
    },
    of: (...kinds) =>
      kinds.length === 0 ? [...entries] : entries.filter(({ kind }) => kinds.includes(kind)),
    counts() {
      const counts: Partial<Record<K, number>> = {};
      for (const { kind } of entries) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    },
    connections: () => new Set(entries.map(({ connection }) => connection)).size,
    reset() {
      entries = [];
    },
  };
}
