import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Kind, Route } from './routes';

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
  readonly body?: Uint8Array | FileSlice;
  /** Does something to the body's bytes on their way. */
  readonly through?: (body: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/** Bytes of a file, from `start`, `length` of them. */
export interface FileSlice {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

export type Endpoint<K extends string = Kind> = (exchange: Exchange<K>) => Promise<Reply>;
