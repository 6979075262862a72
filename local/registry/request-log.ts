import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Kind, Route } from './routes';

/** One request that arrived. */
interface LoggedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly kind: Kind;
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
export interface RequestLog {
  /** The requests of these kinds; without any, all. */
  readonly of: (...kinds: readonly Kind[]) => readonly LoggedRequest[];
  /** How many of each kind; kinds without any are left out. */
  readonly counts: () => Readonly<Partial<Record<Kind, number>>>;
  /** How many connections they came over. */
  readonly connections: () => number;
  readonly reset: () => void;
}

/** The writing side. */
export interface RequestRecorder extends RequestLog {
  readonly record: (request: IncomingMessage, route: Route) => LoggedRequest;
}

/** A registry that runs for days must not keep every request. */
const MAX_ENTRIES = 100_000;

export function createRequestLog(): RequestRecorder {
  let entries: LoggedRequest[] = [];
  let opened = 0;
  const connections = new WeakMap<Socket, number>();

  function connectionOf(socket: Socket): number {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    opened += 1;
    connections.set(socket, opened);
    return opened;
  }

  return {
    record({ method = '', url = '', headers, socket }, route) {
      const { authorization, range, host = '' } = headers;
      const entry: LoggedRequest = {
        method,
        path: url,
        ...route,
        host,
        ...(authorization !== undefined && { authorization: authorization.split(' ')[0] ?? '' }),
        ...(range !== undefined && { range }),
        connection: connectionOf(socket),
      };
      if (entries.length === MAX_ENTRIES) entries = entries.slice(MAX_ENTRIES / 2);
      entries.push(entry);
      return entry;
    },
    of: (...kinds) =>
      kinds.length === 0 ? [...entries] : entries.filter(({ kind }) => kinds.includes(kind)),
    counts() {
      const counts: Partial<Record<Kind, number>> = {};
      for (const { kind } of entries) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    },
    connections: () => new Set(entries.map(({ connection }) => connection)).size,
    reset() {
      entries = [];
    },
  };
}
