import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../system/clock';
import { NetworkError, isRegistryFailure } from './errors';
import type { Pools } from './pools';
import type { Traffic } from './traffic';
import { redactUrl } from './urls';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One HTTP request, as it goes out. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  /** True when the host is the registry that the operator named. */
  readonly configured: boolean;
  /** How long the answer may take to begin; for an upload, after its last byte or while none is accepted. */
  readonly answerTimeoutMs: number;
  /** How long the body of the answer may pause. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal;
  readonly traffic: Traffic;
  /** True when it follows a redirect, whose body has just been dropped. */
  readonly isHop?: boolean;
}

/** A response of any status. The caller must read or drop its body, otherwise the connection stays in use. */
export interface HttpResponse {
  readonly method: Method;
  readonly url: URL;
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: ResponseBody;
}

export interface ResponseBody extends Readable {
  /** Reads what is left and drops it; gives up when that is more than `limit` bytes. @throws when it breaks off. */
  dump(options: { limit: number }): Promise<void>;
}

/** The first header of that name, in lower case. */
export function headerOf({ headers }: HttpResponse, name: string): string | undefined {
  return [headers[name]].flat()[0];
}

/**
 * Sends one request once: no redirects, no retries, no credentials of its own.
 *
 * @throws {NetworkError} without an answer; {@link AddressRefusedError} when the address is refused; the reason of
 * `signal` when it is aborted; the failure of a blob that is being read when its stream is the body.
 */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

const USER_AGENT = 'registry-relay';

export function createSend(pools: Pools): Send {
  return async (request) => {
    const { method, url, body, signal } = request;
    const pool = pools.poolFor(url, request.configured);
    request.traffic.requests += 1;
    // Only then does undici take the previous connection for free; otherwise it would open another one.
    if (request.isHop === true) await setImmediate();
    try {
      const response = await pool.request({
        method,
        path: `${url.pathname}${url.search}`,
        headers: { 'accept-encoding': 'identity', 'user-agent': USER_AGENT, ...request.headers },
        body: body ?? null,
        headersTimeout: request.answerTimeoutMs,
        bodyTimeout: request.idleTimeoutMs,
        // Without it undici gives up the connection after every HEAD (nodejs/undici#1858).
        reset: false,
        signal: signal ?? null,
      });
      // A reader of the body gets its failure; a dropped body may fail silently.
      response.body.on('error', () => undefined);
      return {
        method,
        url,
        status: response.statusCode,
        headers: response.headers,
        body: response.body,
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (isRegistryFailure(error)) throw error;
      throw new NetworkError(method, redactUrl(url), error);
    }
  };
}

/** One request that was sent, without what may be secret: no headers, no query, no body. */
export interface ObservedRequest {
  readonly method: string;
  readonly url: string;
  /** Absent where no answer began. */
  readonly status?: number;
  /** Until the answer began. */
  readonly milliseconds: number;
}

/** Sends as `send` does, and reports each request. */
export function observeRequests(
  send: Send,
  tell: (request: ObservedRequest) => void,
  clock: Pick<Clock, 'monotonic'>,
): Send {
  return async (request) => {
    const started = clock.monotonic();
    const said = { method: request.method, url: redactUrl(request.url) };
    const passed = (): number => Math.round(clock.monotonic() - started);
    try {
      const response = await send(request);
      tell({ ...said, status: response.status, milliseconds: passed() });
      return response;
    } catch (error) {
      tell({ ...said, milliseconds: passed() });
      throw error;
    }
  };
}
