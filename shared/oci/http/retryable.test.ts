import { AddressRefusedError, NetworkError, RegistryError } from './errors';
import { isThrottled, isTooLarge, isTransientFailure, parseRetryAfter } from './retryable';

const answer = (status: number, ...codes: string[]) =>
  new RegistryError({
    method: 'PUT',
    url: 'https://r.example/v2/a/manifests/v1',
    status,
    entries: codes.map((code) => ({ code, message: '', detail: '' })),
    detail: '',
  });

it.each([408, 416, 425, 429, 499, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 530])(
  'takes %d for transient',
  (status) => {
    expect(isTransientFailure(answer(status, 'DENIED'))).toBe(true);
  },
);

it.each([
  [400, 'TOOMANYREQUESTS'],
  [404, 'BLOB_UPLOAD_UNKNOWN'],
  [404, 'BLOB_UPLOAD_INVALID'],
  [403, 'UNAVAILABLE'],
  [409, 'ABORTED'],
  [400, 'UNKNOWN'],
  [403, 'rateLimitExceeded'],
  [403, 'userRateLimitExceeded'],
])('takes %d %s for transient', (status, code) => {
  expect(isTransientFailure(answer(status, code))).toBe(true);
});

it.each([
  [400, 'MANIFEST_INVALID'],
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [404, 'NAME_UNKNOWN'],
  [405, 'UNSUPPORTED'],
  [413, ''],
  [413, 'BLOB_UPLOAD_INVALID'],
  [200, 'UNKNOWN'],
  [501, 'UNKNOWN'],
  [505, 'UNAVAILABLE'],
  [399, 'UNKNOWN'],
])('takes %d %s for final', (status, code) => {
  expect(isTransientFailure(answer(status, code))).toBe(false);
});

it('takes a refusal for transient when there are newer credentials now', () => {
  const error = answer(401).with({ credentialsRenewed: true });
  expect(isTransientFailure(error)).toBe(true);
});

it('distinguishes network failures from others', () => {
  expect(isTransientFailure(new NetworkError('GET', 'https://r', new Error('x')))).toBe(true);
  expect(isTransientFailure(new AddressRefusedError('x'))).toBe(false);
  expect(isTransientFailure(undefined)).toBe(false);
});

it('takes one code among others for enough', () => {
  expect(isTransientFailure(answer(400, 'DENIED', 'UNAVAILABLE'))).toBe(true);
  expect(isThrottled(answer(403, 'forbidden', 'rateLimitExceeded'))).toBe(true);
});

it('takes an answer that contradicts another for transient', () => {
  expect(isTransientFailure(answer(200).with({ isStray: true }))).toBe(true);
});

it.each([
  [429, 'DENIED', true],
  [400, 'TOOMANYREQUESTS', true],
  [403, 'rateLimitExceeded', true],
  [403, 'userRateLimitExceeded', true],
  [403, 'DENIED', false],
  [503, 'UNAVAILABLE', false],
])('knows whether %d %s asks for a break: %s', (status, code, isOne) => {
  expect(isThrottled(answer(status, code))).toBe(isOne);
});

it('knows what is too large', () => {
  expect(isTooLarge(answer(413))).toBe(true);
  expect(isTooLarge(answer(414))).toBe(false);
  expect(isTooLarge(Object.assign(new Error('x'), { status: 413 }))).toBe(false);
});

const now = Date.UTC(2026, 10, 24, 12);
it.each([
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  [' 120 ', 120],
  ['Tue, 24 Nov 2026 12:01:30 GMT', 90],
  ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['Not a date', undefined],
  ['24 Nov 2026 12:01:30 GMT', undefined],
  ['Tu, 24 Nov 2026 12:01:30 GMT', undefined],
  ['999999999', 999_999_999],
  ['1.5', undefined],
  ['-3', undefined],
  ['99999999999', undefined],
])('reads Retry-After %j as %j', (value, seconds) => {
  expect(parseRetryAfter(value, now)).toBe(seconds);
});
