import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Kind, Route } from './routes';

/** A request as it comes in: over a socket, or from within this process. */
export interface Incoming {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  /** Names are in lower case; `host` is among them. */
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  readonly scheme: 'http' | 'https';
  /** The same for all that come over one connection. */
  readonly connection: object;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
}

/** No reply: the connection is closed instead. */
export class CutError extends Error {
  override readonly name = 'CutError';
}

/** Answers a request. @throws {CutError} */
export type Serve = (request: Incoming) => Promise<Reply>;

/** A request, as the endpoints see it. */
export interface Exchange<K extends string = Kind> {
  readonly method: string;
  readonly route: Route<K>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  /** The host that the client asked for: `127.0.0.1:5000`. */
  readonly host: string;
  /** Scheme and host: `http://127.0.0.1:5000`. */
  readonly origin: string;
}

/** An answer as data, so that a fault can change it before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Uint8Array | Slice;
  /** Does something to the body's bytes on their way. */
  readonly through?: (body: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/** Bytes that are read when they are sent. */
export interface Slice {
  readonly length: number;
  readonly open: () => Readable;
}

export type Endpoint<K extends string = Kind> = (exchange: Exchange<K>) => Promise<Reply>;
