import {
  createServer as createHttpServer,
  type OutgoingHttpHeaders,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reply, Serve, Slice } from './reply';

/** PEM. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
}

export interface RunningServer {
  /** `127.0.0.1:5000`, `[::1]:5000` */
  readonly address: string;
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  /** Breaks open connections off. */
  close(): Promise<void>;
}

/** Serves `serve` over HTTP. @throws {Error} that names the port when it is in use. */
export async function listen(
  serve: Serve,
  host: string,
  port: number,
  tls?: Tls,
): Promise<RunningServer> {
  const scheme = tls === undefined ? 'http' : 'https';
  const listener = createListener(serve, scheme);
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  // A 10 GiB upload over a slow line takes longer than Node's five minutes for a request.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(inUse ? new Error(`port ${port} of ${host} is in use`, { cause: error }) : error);
    });
    server.listen(port, host, resolve);
  });
  const { address: ip, family, port: bound } = server.address() as AddressInfo;
  const address = `${family === 'IPv6' ? `[${ip}]` : ip}:${bound}`;
  return {
    address,
    origin: `${scheme}://${address}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

function createListener(serve: Serve, scheme: 'http' | 'https'): RequestListener {
  return (request, response) => {
    const { headers, method = '', socket, url = '' } = request;
    const gone = closing(response);
    serve({ method, url, headers, body: request, scheme, connection: socket, gone })
      .then((reply) => send(response, reply))
      // All that is left to fail is a connection that a fault or the client has broken off.
      .catch(() => socket.destroy());
  };
}

function closing(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

/**
 * Sends `reply`; a HEAD gets the headers of the body alone.
 *
 * @throws {Error} when the client has gone or the body breaks off: the connection must be closed then, for the client must
 * not take a part for the whole.
 */
async function send(response: ServerResponse, reply: Reply): Promise<void> {
  const { body, through } = reply;
  response.writeHead(reply.status, headersOf(reply));
  if (body === undefined || response.req.method === 'HEAD') {
    response.end();
  } else if (through !== undefined) {
    await sendThrough(response, through(open(body)));
  } else if (body instanceof Uint8Array) {
    response.end(body);
  } else {
    await pipeline(open(body), response);
  }
}

/** The headers of the response, including the length of the body. */
export function headersOf({ status, headers, body }: Reply): OutgoingHttpHeaders {
  return status === 204 ? headers : { 'content-length': body?.length ?? 0, ...headers };
}

/** Piece by piece, each handed to the system before the next: where a body breaks off is exact. */
async function sendThrough(response: ServerResponse, body: AsyncIterable<Buffer>): Promise<void> {
  response.flushHeaders();
  for await (const bytes of body) {
    await new Promise<void>((resolve, reject) => {
      response.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
  response.end();
}

function open(body: Uint8Array | Slice): Readable {
  return body instanceof Uint8Array ? Readable.from([Buffer.from(body)]) : body.open();
}
