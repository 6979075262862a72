import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Route } from './routes';

/** A request, as the endpoints see it. */
export interface Exchange {
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  /** The host that the client asked for: `127.0.0.1:5000`. */
  readonly host: string;
  /** Scheme and host: `http://127.0.0.1:5000`. */
  readonly origin: string;
}

/** An answer as data, so that faults can change it before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Uint8Array | FileSlice;
}

/** Bytes of a file, from `start`, `length` of them. */
export interface FileSlice {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

export type Endpoint = (exchange: Exchange) => Promise<Reply>;

/** Large reads keep 1 GiB blobs at a few system calls a MiB. */
const READ_SIZE = 1024 * 1024;

/** Sends `reply`; a HEAD gets the headers of the body alone. Ends without an error when the client has gone. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers, body } = reply;
  const length = body === undefined ? 0 : body.length;
  response.writeHead(status, status === 204 ? headers : { 'content-length': length, ...headers });
  if (body === undefined || length === 0 || response.req.method === 'HEAD') {
    response.end();
  } else if (body instanceof Uint8Array) {
    response.end(body);
  } else {
    await pipeline(bodyStream(body), response).catch(() => response.destroy());
  }
}

export function bodyStream(body: Uint8Array | FileSlice): Readable {
  if (body instanceof Uint8Array) return Readable.from([body]);
  const { path, start, length } = body;
  if (length === 0) return Readable.from([]);
  return createReadStream(path, { start, end: start + length - 1, highWaterMark: READ_SIZE });
}
