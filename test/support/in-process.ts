import type { OutgoingHttpHeaders } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Reply, Serve } from '../../local/servers/registry/reply';
import { headersOf } from '../../local/servers/registry/server';
import { NetworkError } from '../../shared/oci/http/errors';
import type { ResponseBody, Send } from '../../shared/oci/http/transport';

/** A request from within the process. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  /** Names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A reader that stops early throws from it. */
  readonly body?: Uint8Array | AsyncIterable<Buffer>;
  /** Ends what the server waits for on behalf of this client. */
  readonly gone?: AbortSignal;
}

export interface CallAnswer {
  readonly status: number;
  /** As they come in: in text. Names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const CONNECTION = {};
const STAYS = new AbortController().signal;
const EMPTY = Buffer.alloc(0);

/**
 * Asks a server in this process, without a socket and without waiting for anything but the server.
 *
 * @throws when the server breaks the connection off, before its answer or within it.
 */
export async function call(serve: Serve, request: Call): Promise<CallAnswer> {
  const { method, url, body, gone = STAYS } = request;
  const length = body instanceof Uint8Array && { 'content-length': String(body.length) };
  const reply = await serve({
    method,
    url: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...length, ...request.headers },
    body: body instanceof Uint8Array ? inOnePiece(body) : (body ?? inOnePiece()),
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    connection: CONNECTION,
    gone,
  });
  const headers = asReceived(headersOf(reply));
  const content = method === 'HEAD' ? undefined : reply.body;
  return { status: reply.status, headers, body: await read(content, reply.through) };
}

async function read(body: Reply['body'] = EMPTY, through?: Reply['through']): Promise<Buffer> {
  if (through === undefined && body instanceof Uint8Array) return viewOf(body);
  const stream = body instanceof Uint8Array ? inOnePiece(body) : body.open();
  return buffer(through === undefined ? stream : through(stream));
}

function asReceived(headers: OutgoingHttpHeaders): CallAnswer['headers'] {
  const received: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) received[name] = typeof value === 'number' ? String(value) : value;
  }
  return received;
}

async function* inOnePiece(bytes?: Uint8Array): AsyncGenerator<Buffer> {
  if (bytes !== undefined && bytes.length > 0) yield Promise.resolve(viewOf(bytes));
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Sends to the servers of this process, by host, without a socket. What is sent and received is whole. */
export function createInProcessSend(servers: ReadonlyMap<string, Serve>): Send {
  return async ({ method, url, headers, body, signal, traffic }) => {
    traffic.requests += 1;
    signal?.throwIfAborted();
    const serve = servers.get(url.host);
    if (serve === undefined) throw new NetworkError(method, url.href, new Error('no such host'));
    const sent = body instanceof Readable ? await buffer(body) : body;
    const answer = await call(serve, { method, url, headers, body: sent });
    return { method, url, ...answer, body: bodyOf(answer.body) };
  };
}

function bodyOf(bytes: Buffer): ResponseBody {
  const stream = new PassThrough();
  stream.end(bytes);
  return Object.assign(stream, {
    async dump() {
      await buffer(stream);
    },
  });
}
