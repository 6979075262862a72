import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reply, Slice } from './reply';

/**
 * Sends `reply`; a HEAD gets the headers of the body alone.
 *
 * @throws {Error} when the client has gone or the body breaks off: the connection must be closed then, for the client must
 * not take a part for the whole.
 */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
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
