import { sendAuthorized, type AuthorizedSendDeps, type Call, type Caller } from './authorized-send';
import { registryErrorOf } from './bodies';
import { NetworkError, RegistryError } from './errors';
import type { Pauses, Sleep } from './pauses';
import { isTransientFailure } from './retryable';
import type { RetryBudget } from './retry-budget';
import type { HttpResponse } from './transport';

export interface ExchangeDeps extends AuthorizedSendDeps {
  readonly caller: Caller;
  readonly retryBudget?: RetryBudget;
  readonly pauses: Pauses;
  /** Whom a 429 concerns, and how long to pause at first when it does not say. */
  readonly pause: { readonly key: string; readonly firstMs: number };
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly now: () => number;
}

/**
 * Sends `call` until an accepted answer has come and `read` has made something of it: with credentials, along redirects,
 * and again (3 times in all) after a transient failure of either, if it is replayable.
 *
 * @throws {RegistryError} {@link NetworkError} {@link AddressRefusedError}, the reason of the caller's signal, and what
 * `read` throws.
 */
export type Exchange = <T>(call: Call, read: (response: HttpResponse) => Promise<T>) => Promise<T>;

const TRIES = 3;
const FIRST_BACKOFF_MS = 300;
const LONGEST_BACKOFF_MS = 3000;
/** A server that wants more is left to the caller, whose own schedule is longer. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export function createExchange(deps: ExchangeDeps): Exchange {
  const { caller, pause, pauses, retryBudget } = deps;
  const { signal } = caller;

  async function attempt<T>(call: Call, read: (response: HttpResponse) => Promise<T>): Promise<T> {
    const { response, authorization, renewed } = await sendAuthorized(call, caller, deps);
    if (!call.accept.includes(response.status)) {
      const error = await registryErrorOf(response, deps.now(), secretsOf(authorization));
      error.credentialsRenewed = renewed;
      throw error;
    }
    pauses.end(pause.key);
    return read(response);
  }

  function mayRetry(error: unknown, tries: number): boolean {
    if (tries >= TRIES || !isTransientFailure(error)) return false;
    if (retryBudget === undefined) return true;
    retryBudget.remaining -= 1;
    return retryBudget.remaining >= 0;
  }

  async function backOff(error: unknown, tries: number): Promise<void> {
    const asked = error instanceof RegistryError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    if (asked > LONGEST_RETRY_AFTER_MS) throw error;
    const backoff = Math.min(FIRST_BACKOFF_MS * 4 ** (tries - 1), LONGEST_BACKOFF_MS);
    await deps.sleep(Math.max(asked, backoff * (0.5 + deps.random())), signal);
  }

  return async (call, read) => {
    for (let tries = 1; ; tries += 1) {
      await pauses.wait(pause.key, signal);
      signal?.throwIfAborted();
      try {
        return await attempt(call, read);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof RegistryError || error instanceof NetworkError) error.attempts = tries;
        if (isThrottled(error)) pauses.begin(pause.key, error, pause.firstMs);
        if (call.replayable === false || !mayRetry(error, tries)) throw error;
        // A pause has begun, which the next try waits for.
        if (!isThrottled(error)) await backOff(error, tries);
      }
    }
  };
}

function isThrottled(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.status === 429;
}

/** What an answer must not be quoted with. */
function secretsOf(authorization: string | undefined): readonly string[] {
  const secret = authorization?.replace(/^\w+ /, '');
  if (secret === undefined || secret === '') return [];
  const password = authorization?.startsWith('Basic ')
    ? Buffer.from(secret, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, '')
    : '';
  return [secret, password].filter((text) => text !== '');
}
