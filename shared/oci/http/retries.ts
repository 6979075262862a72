import type { System } from '../../system/system';
import { RegistryError, NetworkError } from './errors';
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

/** 416 answers an upload whose session is at another offset than its client; a new session is at the right one. */
const TRANSIENT_STATUSES = new Set([408, 416, 425, 429, 499]);
/** A server that lacks the method or the HTTP version will lack it on the next try; other 5xx are transient. */
const FINAL_5XX = new Set([501, 505]);
/** Too many requests, which Cloud Storage may answer with 403, too (https://cloud.google.com/storage/docs/json_api/v1/status-codes). */
const LIMIT_CODES = ['TOOMANYREQUESTS', 'rateLimitExceeded', 'userRateLimitExceeded'];
/**
 * Make any other 4xx worth another try: the server is busy, an upload session is gone and a new one will do, or two changed
 * one thing at once (https://google.aip.dev/193).
 */
const TRANSIENT_CODES = new Set<string>([
  'ABORTED',
  'UNAVAILABLE',
  'UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  ...LIMIT_CODES,
]);

/**
 * True when the same request may be answered differently in a moment. A transient status counts whatever the body says;
 * with another 4xx a known code decides.
 */
export function isTransientFailure(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof RegistryError)) return false;
  return (
    error.credentialsRenewed ||
    error.isStray ||
    TRANSIENT_STATUSES.has(error.status) ||
    (error.status >= 500 && !FINAL_5XX.has(error.status)) ||
    (error.status >= 400 &&
      error.status < 500 &&
      !isTooLarge(error) &&
      error.codes.some((code) => TRANSIENT_CODES.has(code)))
  );
}

/** The host asked for a pause, which all requests to it keep. */
export function isThrottled({ status, codes }: RegistryError): boolean {
  return status === 429 || codes.some((code) => LIMIT_CODES.includes(code));
}

/** What is too large stays too large, whatever code comes with it: the registry's, or that of a proxy before it. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 413;
}

/** Seconds to wait, from `Retry-After` in either form (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

/** Pauses that hosts have asked for (429, Retry-After); all copies of the process keep them. */
export interface Pauses {
  /** @throws the answer that began the break, when it lasts longer than a copy should sit and wait. */
  wait(host: string, signal?: AbortSignal): Promise<void>;
  /** Without Retry-After it lasts `firstMs`, doubled each time that the host goes on refusing. */
  begin(host: string, error: RegistryError, firstMs: number): void;
  end(host: string): void;
}

const LONGEST_WAIT_MS = 60_000;
const LONGEST_PAUSE_MS = 300_000;

export function createPauses({ clock, random }: System): Pauses {
  const pauses = new Map<string, { until: number; count: number; error: RegistryError }>();
  return {
    async wait(host, signal) {
      for (;;) {
        const pause = pauses.get(host);
        const left = pause === undefined ? 0 : pause.until - clock.monotonic();
        if (pause === undefined || left <= 0) return;
        if (left > LONGEST_WAIT_MS) throw pause.error;
        // Spread, lest all waiting requests fall on the host in the same moment.
        await clock.sleep(left + random() * 250, signal);
      }
    },
    begin(host, error, firstMs) {
      const before = pauses.get(host);
      const now = clock.monotonic();
      // Requests that were on their way together are refused together: that is one refusal.
      const count =
        before === undefined || before.until > now ? (before?.count ?? 1) : before.count + 1;
      const asked = error.retryAfterSeconds;
      const wished = asked === undefined ? firstMs * 2 ** (count - 1) : asked * 1000;
      const until = now + Math.min(wished, LONGEST_PAUSE_MS);
      pauses.set(host, { until: Math.max(until, before?.until ?? 0), count, error });
    },
    end(host) {
      const pause = pauses.get(host);
      if (pause !== undefined && pause.until <= clock.monotonic()) pauses.delete(host);
    },
  };
}
