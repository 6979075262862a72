import type { Readable } from 'node:stream';
import type { Access, Authenticator } from './auth';
import { dropBody, registryErrorOf } from './bodies';
import { NetworkError, RegistryError } from './errors';
import type { Pauses, Sleep } from './pauses';
import type { Traffic } from './repository';
import { isTransientFailure } from './retryable';
import { headerOf, type HttpRequest, type HttpResponse, type Method, type Send } from './transport';
import { resolveServerUrl } from './urls';

/** A request to a registry, and which answers will do. */
export interface Call {
  readonly method: Method;
  readonly url: URL;
  readonly accept: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  /** False when sending it twice would do harm, or cannot be done since the body is gone. Default: true. */
  readonly replayable?: boolean;
  /** A repository to read besides, for a mount. */
  readonly alsoPull?: string;
  readonly answerTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

/** How many more requests a copy may repeat; shared by all that it does. */
export interface RetryBudget {
  remaining: number;
}

/** On whose behalf requests are sent. */
export interface Caller {
  readonly access: Access;
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
  readonly retryBudget?: RetryBudget;
}

export interface ExchangeDeps {
  readonly send: Send;
  readonly authenticator: Authenticator;
  readonly pauses: Pauses;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly now: () => number;
  readonly answerTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/**
 * Sends `call` until an accepted answer has come and `read` has made something of it: with credentials, along redirects,
 * and again (3 times in all) after a transient failure of either.
 *
 * @throws {RegistryError} {@link NetworkError} {@link AddressRefusedError}, the reason of the caller's signal, and what
 * `read` throws.
 */
export type Exchange = <T>(call: Call, read: (response: HttpResponse) => Promise<T>) => Promise<T>;

const TRIES = 3;
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** A fresh token, then a wider one. */
const MAX_REFRESHES = 2;
const FIRST_BACKOFF_MS = 300;
const LONGEST_BACKOFF_MS = 3000;
const LONGEST_RETRY_AFTER_MS = 60_000;

export function createExchange(deps: ExchangeDeps, caller: Caller): Exchange {
  const { access, signal, retryBudget } = caller;
  const pauseKey = pauseKeyOf(access);

  async function attempt<T>(call: Call, read: (response: HttpResponse) => Promise<T>): Promise<T> {
    const { response, authorization } = await sendAuthorized(call);
    if (call.accept.includes(response.status)) {
      deps.pauses.end(pauseKey);
      return read(response);
    }
    const secrets =
      authorization === undefined ? [] : [authorization, authorization.replace(/^\w+ /, '')];
    throw await registryErrorOf(response, deps.now(), secrets);
  }

  async function sendAuthorized(call: Call) {
    const wanted = call.alsoPull === undefined ? access : { ...access, alsoPull: call.alsoPull };
    const isOwn = call.url.origin === access.origin.origin;
    for (let refreshes = 0; ; refreshes += 1) {
      const authorization = isOwn ? await deps.authenticator.authorize(wanted, caller) : undefined;
      const response = await follow(call, authorization);
      const isRefused = response.status === 401 || isScopeMissing(response);
      const isAnswerOfOwn = response.url.origin === access.origin.origin;
      if (!isRefused || !isAnswerOfOwn || refreshes === MAX_REFRESHES)
        return { response, authorization };
      const learned = await deps.authenticator.learn(wanted, response, authorization, caller);
      if (!learned || call.replayable === false) return { response, authorization };
      await dropBody(response);
    }
  }

  async function follow(call: Call, authorization: string | undefined): Promise<HttpResponse> {
    let { url } = call;
    let credential = authorization;
    for (let hops = 0; ; hops += 1) {
      const response = await deps.send(requestFor(call, url, credential));
      const location = headerOf(response, 'location');
      const isBodiless = call.method === 'GET' || call.method === 'HEAD';
      if (!isBodiless || !REDIRECTS.has(response.status) || location === undefined) return response;
      if (hops === MAX_REDIRECTS) return response;
      await dropBody(response);
      url = resolveServerUrl(location, url, access.origin.hostname);
      // Once off the registry's origin, credentials never come back.
      if (url.origin !== access.origin.origin) credential = undefined;
    }
  }

  function requestFor(call: Call, url: URL, authorization: string | undefined): HttpRequest {
    return {
      method: call.method,
      url,
      headers: { ...call.headers, ...(authorization !== undefined && { authorization }) },
      ...(call.body !== undefined && { body: call.body }),
      configured: url.hostname === access.origin.hostname,
      answerTimeoutMs: call.answerTimeoutMs ?? deps.answerTimeoutMs,
      idleTimeoutMs: call.idleTimeoutMs ?? deps.idleTimeoutMs,
      traffic: caller.traffic,
      ...(signal !== undefined && { signal }),
    };
  }

  function mayRetry(error: unknown, tries: number): boolean {
    if (tries >= TRIES || !isTransientFailure(error)) return false;
    if (retryBudget === undefined) return true;
    retryBudget.remaining -= 1;
    return retryBudget.remaining >= 0;
  }

  return async (call, read) => {
    for (let tries = 1; ; tries += 1) {
      await deps.pauses.wait(pauseKey, signal);
      signal?.throwIfAborted();
      try {
        return await attempt(call, read);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof RegistryError || error instanceof NetworkError) error.attempts = tries;
        if (isThrottled(error)) deps.pauses.begin(pauseKey, error);
        if (call.replayable === false || !mayRetry(error, tries)) throw error;
        // A pause has begun, which the next try waits for.
        if (!isThrottled(error)) await backOff(error, tries);
      }
    }
  };

  async function backOff(error: unknown, tries: number): Promise<void> {
    const asked = error instanceof RegistryError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    if (asked > LONGEST_RETRY_AFTER_MS) throw error;
    const backoff = Math.min(FIRST_BACKOFF_MS * 4 ** (tries - 1), LONGEST_BACKOFF_MS);
    await deps.sleep(Math.max(asked, backoff * (0.5 + deps.random())), signal);
  }
}

function isThrottled(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.status === 429;
}

/** A token is for something else than what was asked (RFC 6750, 3.1). */
function isScopeMissing({ status, headers }: HttpResponse): boolean {
  return status === 403 && /insufficient_scope/.test(String(headers['www-authenticate'] ?? ''));
}

/** Google counts requests for each project and region, the region being the host. */
function pauseKeyOf({ registry, repository, google }: Access): string {
  return google === undefined ? registry : `${registry}/${repository.split('/', 1).join('')}`;
}
