import type { Clock } from '../../../shared/system/clock';
import { answerWith, type Struck } from './faults/effects';
import { createFaults, type Faults } from './faults/faults';
import {
  CutError,
  type Endpoint,
  type Exchange,
  type Incoming,
  type Reply,
  type Serve,
} from './reply';
import { createRequestLog, type RequestLog } from './request-log';
import type { Route } from './routes';

export interface HandlerDeps<K extends string> {
  /** Finds the endpoint; the path is decoded, and empty when it cannot be. */
  readonly parseRoute: (method: string, path: string, query: URLSearchParams) => Route<K>;
  /** Answers, refusals too; it throws a {@link CutError} alone. */
  readonly answer: Endpoint<K>;
  readonly downloadPath: Struck<K>['downloadPath'];
  readonly clock: Pick<Clock, 'sleep'>;
}

export interface Handler<K extends string> {
  readonly serve: Serve;
  /** What was asked. */
  readonly requests: RequestLog<K>;
  /** What goes wrong on purpose. */
  readonly faults: Faults<K>;
}

/** The way of a request: log it, look for a fault, answer. */
export function createHandler<K extends string>(deps: HandlerDeps<K>): Handler<K> {
  const { answer, clock, downloadPath, parseRoute } = deps;
  const requests = createRequestLog<K>();
  const faults = createFaults<K>();

  async function serve(request: Incoming): Promise<Reply> {
    const { gone } = request;
    const exchange = readRequest(request, parseRoute);
    const entry = requests.record(request, exchange.route);
    const effect = faults.pick(exchange.route);
    const reply = effect
      ? await answerWith(effect, exchange, { answer, clock, downloadPath, gone })
      : await answer(exchange);
    if (reply === undefined) throw new CutError('the answer is dropped');
    if (gone.aborted) throw new CutError('the client has gone');
    entry.status = reply.status;
    return reply;
  }

  return { serve, requests, faults };
}

function readRequest<K extends string>(
  { method, url, headers, body, scheme }: Incoming,
  parseRoute: HandlerDeps<K>['parseRoute'],
): Exchange<K> {
  const { host = '' } = headers;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark));
  const route = parseRoute(method, decodePath(path), query);
  return { method, route, query, headers, body, host, origin: `${scheme}://${host}` };
}

/** Some clients send `sha256%3A…`. A path that cannot be decoded matches no endpoint. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
