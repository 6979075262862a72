import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { call } from '../../local/servers/registry/in-process';
import type { Serve } from '../../local/servers/registry/reply';
import { NetworkError } from '../../shared/oci/http/errors';
import type { ResponseBody, Send } from '../../shared/oci/http/transport';

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
