import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { CutError } from './faults/bytes';
import { answerWith, type Struck } from './faults/effects';
import type { FaultSource } from './faults/faults';
import type { Endpoint, Exchange } from './reply';
import type { RequestRecorder } from './request-log';
import type { Route } from './routes';
import { send } from './send';

export interface HandlerDeps<K extends string> {
  /** Finds the endpoint; the path is decoded, and empty when it cannot be. */
  readonly parseRoute: (method: string, path: string, query: URLSearchParams) => Route<K>;
  /** Answers, refusals too; it throws a {@link CutError} alone. */
  readonly answer: Endpoint<K>;
  readonly downloadPath: Struck<K>['downloadPath'];
  readonly faults: FaultSource<K>;
  readonly requests: RequestRecorder<K>;
}

/** The way of a request: log it, look for a fault, answer, send. */
export function createHandler<K extends string>(deps: HandlerDeps<K>): RequestListener {
  const { answer, downloadPath, faults, parseRoute, requests } = deps;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = readRequest(request, parseRoute);
    const entry = requests.record(request, exchange.route);
    const effect = faults.pick(exchange.route);
    const reply = effect
      ? await answerWith(effect, exchange, { answer, downloadPath, gone: closing(response) })
      : await answer(exchange);
    if (reply === undefined) throw new CutError('the answer is dropped');
    if (response.destroyed) return;
    entry.status = reply.status;
    await send(response, reply);
  }

  return (request, response) => {
    const { socket } = request;
    // All that is left to fail is a connection that a fault or the client has broken off.
    handle(request, response).catch(() => socket.destroy());
  };
}

function closing(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function readRequest<K extends string>(
  request: IncomingMessage,
  parseRoute: HandlerDeps<K>['parseRoute'],
): Exchange<K> {
  const { method = '', headers, socket, url = '' } = request;
  const { host = '' } = headers;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark));
  return {
    method,
    route: parseRoute(method, decodePath(path), query),
    query,
    headers,
    body: request,
    host,
    origin: `${socket instanceof TLSSocket ? 'https' : 'http'}://${host}`,
  };
}

/** Some clients send `sha256%3A…`. A path that cannot be decoded is no endpoint's. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
