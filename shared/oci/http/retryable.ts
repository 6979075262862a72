import { NetworkError, RegistryError } from './errors';

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
