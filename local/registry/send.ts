import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileSlice, Reply } from './reply';

/** Large reads keep 1 GiB blobs at few system calls. */
const READ_SIZE = 1024 * 1024;

/**
 * Sends `reply`; a HEAD gets the headers of the body alone.
 *
 * @throws {Error} when the client has gone or the body breaks off: the connection must be closed then, for the client must
 * not take a part for the whole.
 */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers, body, through } = reply;
  const length = body?.length ?? 0;
  response.writeHead(status, status === 204 ? headers : { 'content-length': length, ...headers });
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

function open(body: Uint8Array | FileSlice): Readable {
  if (body instanceof Uint8Array) return Readable.from([Buffer.from(body)]);
  const { path, start, length } = body;
  if (length === 0) return Readable.from([]);
  return createReadStream(path, { start, end: start + length - 1, highWaterMark: READ_SIZE });
}
