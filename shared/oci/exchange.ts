import type { Clock } from '../system/clock';
import {
  sendAuthorized,
  type AuthorizedSendDeps,
  type Call,
  type Caller,
} from './auth/authorized-send';
import { registryErrorOf } from './http/bodies';
import { NetworkError, RegistryError } from './http/errors';
import { type Pauses, type Retries, isThrottled } from './http/retries';
import type { HttpResponse } from './http/transport';

export interface ExchangeDeps extends AuthorizedSendDeps {
  readonly caller: Caller;
  readonly retries: Retries;
  readonly pauses: Pauses;
  /** Who shares a pause that a host asks for, and how long the first one is when it does not say. */
  readonly pause: { readonly key: string; readonly firstMs: number };
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Sends `call` until an accepted answer has come and `read` has made something of it: with credentials, along redirects,
 * and again (3 times in all) after a transient failure of either, if it is replayable.
 *
 * @throws {RegistryError} {@link NetworkError} {@link AddressRefusedError}, the reason of the caller's signal, and what
 * `read` throws.
 */
export type Exchange = <T>(call: Call, read: (response: HttpResponse) => Promise<T>) => Promise<T>;

export function createExchange(deps: ExchangeDeps): Exchange {
  const { caller, pause, pauses, retries } = deps;
  const { signal } = caller;

  async function attempt<T>(call: Call, read: (response: HttpResponse) => Promise<T>): Promise<T> {
    const { response, authorization, renewed } = await sendAuthorized(call, caller, deps);
    if (!call.accept.includes(response.status)) {
      const error = await registryErrorOf(response, deps.clock.now(), secretsOf(authorization));
      throw error.with({ credentialsRenewed: renewed });
    }
    pauses.end(pause.key);
    return read(response);
  }

  return async (call, read) => {
    for (let tries = 1; ; tries += 1) {
      await pauses.wait(pause.key, signal);
      signal?.throwIfAborted();
      try {
        return await attempt(call, read);
      } catch (error) {
        if (
          call.setsTag === true &&
          (signal?.aborted === true || leavesWriteUnconfirmed(error, call))
        ) {
          caller.traffic.unconfirmedTagWrites += 1;
        }
        signal?.throwIfAborted();
        if (error instanceof RegistryError && isThrottled(error)) {
          pauses.begin(pause.key, error, pause.firstMs);
        }
        const isFailure = error instanceof RegistryError || error instanceof NetworkError;
        const failure = isFailure ? error.with({ attempts: tries }) : error;
        if (call.replayable === false) throw failure;
        await retries.again(failure, tries);
      }
    }
  };
}

/** Codes of connections that never were: nothing was sent. */
const NEVER_SENT = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
];

/**
 * Returns true if a request was sent and may still be carried out. A status below 400 with an invalid body comes from a
 * proxy in front of the registry, which may have forwarded the request.
 */
function leavesWriteUnconfirmed(error: unknown, { method }: Call): boolean {
  if (error instanceof NetworkError) {
    return error.method === method && !NEVER_SENT.includes(error.code);
  }
  if (!(error instanceof RegistryError) || error.method !== method) return false;
  const { status } = error;
  return status < 400 || status >= 500 || status === 408 || status === 499;
}

/** Credentials that a server may echo, and that must not be quoted from its answer. */
function secretsOf(authorization = ''): readonly string[] {
  const secret = authorization.replace(/^\w+ /, '');
  const password = authorization.startsWith('Basic ')
    ? Buffer.from(secret, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '')
    : '';
  return [secret, password].filter((text) => text !== '');
}
