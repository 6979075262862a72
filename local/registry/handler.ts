import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Auth } from './auth';
import { errorReply } from './errors';
import { send, type Endpoint, type Exchange, type Reply } from './reply';
import type { RequestRecorder } from './request-log';
import { checkRepository, parseRoute, type Kind } from './routes';

export interface HandlerDeps {
  readonly auth: Auth;
  readonly endpoints: Readonly<Record<Kind, Endpoint>>;
  readonly requests: RequestRecorder;
}

/** The way of a request: log, authorise, answer, send. */
export function createHandler({ auth, endpoints, requests }: HandlerDeps): RequestListener {
  async function answer(exchange: Exchange): Promise<Reply> {
    try {
      auth.authorize(exchange);
      const { kind, repository } = exchange.route;
      if (repository !== '') checkRepository(repository);
      return await endpoints[kind](exchange);
    } catch (error) {
      return errorReply(error);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = readRequest(request);
    const entry = requests.record(request, exchange.route);
    const reply = await answer(exchange);
    if (request.socket.destroyed) return;
    entry.status = reply.status;
    await send(response, reply);
  }

  return (request, response) => void handle(request, response);
}

function readRequest(request: IncomingMessage): Exchange {
  const { method = '', headers, socket } = request;
  const { host = '' } = headers;
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark));
  return {
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
