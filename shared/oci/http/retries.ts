import type { System } from '../../system/system';
import { RegistryError } from './errors';
import { isThrottled, isTransientFailure } from './retryable';
import type { RetryBudget } from './retry-budget';

export interface RetriesDeps extends System {
  readonly retryBudget?: RetryBudget;
  readonly signal?: AbortSignal;
}

/** Says whether a request that failed is to be sent again, and when. */
export interface Retries {
  /**
   * Resolves when it is time for another try. Where the host asked for a pause, that is at once: sending waits for its
   * end.
   *
   * @throws `error` when `tries` were enough, the budget is spent, or another try would end the same.
   */
  again(error: unknown, tries: number): Promise<void>;
}

const TRIES = 3;
const FIRST_BACKOFF_MS = 300;
const LONGEST_BACKOFF_MS = 3000;
/** A longer Retry-After is left to the caller, whose own back-off is longer. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export function createRetries({ retryBudget, signal, clock, random }: RetriesDeps): Retries {
  function isWorthIt(error: unknown, tries: number): boolean {
    if (tries >= TRIES || !isTransientFailure(error)) return false;
    if (retryBudget === undefined) return true;
    retryBudget.remaining -= 1;
    return retryBudget.remaining >= 0;
  }

  return {
    async again(error, tries) {
      if (!isWorthIt(error, tries)) throw error;
      const answer = error instanceof RegistryError ? error : undefined;
      if (answer && isThrottled(answer)) return;
      const asked = (answer?.retryAfterSeconds ?? 0) * 1000;
      if (asked > LONGEST_RETRY_AFTER_MS) throw error;
      const backoff = Math.min(FIRST_BACKOFF_MS * 4 ** (tries - 1), LONGEST_BACKOFF_MS);
      await clock.sleep(Math.max(asked, backoff * (0.5 + random())), signal);
    },
  };
}
