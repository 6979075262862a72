import { failureOf } from '../../../test/support/open-repository';
import { systemClock } from '../../system/clock';
import { NetworkError, RegistryError, AddressRefusedError } from './errors';
import {
  createRetries,
  type RetriesDeps,
  isThrottled,
  isTooLarge,
  isTransientFailure,
  parseRetryAfter,
  createPauses,
} from './retries';
import { createRetryBudget } from './retry-budget';

describe('retries', () => {
  const answered = (status: number, retryAfterSeconds?: number) =>
    new RegistryError({
      method: 'GET',
      url: 'https://registry.example/v2/',
      status,
      entries: [],
      detail: '',
      retryAfterSeconds,
    });
  const LOST = new NetworkError('GET', 'https://registry.example/v2/', new Error('reset'));

  function stage(deps: Partial<RetriesDeps> = {}, random = 0.5) {
    const waits: unknown[][] = [];
    const sleep = (...about: unknown[]) => Promise.resolve(void waits.push(about));
    const clock = { sleep } as unknown as RetriesDeps['clock'];
    return { waits, retries: createRetries({ clock, random: () => random, ...deps }) };
  }

  it.each([
    [1, 0, 150],
    [1, 0.5, 300],
    [1, 1, 450],
    [2, 0.5, 1200],
  ])('waits before try %d + 1 with chance %d for %d ms', async (tries, random, milliseconds) => {
    const { retries, waits } = stage({}, random);
    await retries.again(LOST, tries);
    expect(waits).toEqual([[milliseconds, undefined]]);
  });

  it.each([
    ['no longer than it would anyhow', 0, 300],
    ['as long as it is asked to', 7, 7000],
    ['up to a minute', 60, 60_000],
  ])('waits %s', async (_how, seconds, milliseconds) => {
    const { signal } = new AbortController();
    const { retries, waits } = stage({ signal });
    await retries.again(answered(503, seconds), 1);
    expect(waits).toEqual([[milliseconds, signal]]);
  });

  it('lets the sender wait for a pause', async () => {
    const { retries, waits } = stage();
    await retries.again(answered(429, 3600), 2);
    expect(waits).toStrictEqual([]);
  });

  it.each<[string, unknown, number]>([
    ['was sent three times', LOST, 3],
    ['is asked to wait for more than a minute', answered(503, 61), 1],
    ['has a final answer', answered(404), 1],
    ['is over for another reason', new Error('x'), 1],
  ])('does not repeat what %s', async (_what, error, tries) => {
    const { retries, waits } = stage();
    expect(await failureOf(retries.again(error, tries))).toBe(error);
    expect(waits).toStrictEqual([]);
  });

  it('takes each repeat from the budget of its copy, and what is final from none', async () => {
    const retryBudget = createRetryBudget();
    expect(retryBudget).toEqual({ remaining: 20 });
    retryBudget.remaining = 2;
    const { retries, waits } = stage({ retryBudget });
    await failureOf(retries.again(LOST, 3));
    await failureOf(retries.again(answered(404), 1));
    expect(retryBudget.remaining).toBe(2);
    await retries.again(LOST, 1);
    await retries.again(LOST, 2);
    expect(waits).toHaveLength(2);
    expect(await failureOf(retries.again(LOST, 1))).toBe(LOST);
    expect(waits).toHaveLength(2);
  });
});

describe('retryable', () => {
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
});

describe('pauses', () => {
  const throttled = (retryAfterSeconds?: number) =>
    new RegistryError({
      method: 'GET',
      url: 'https://r.example/v2/',
      status: 429,
      entries: [],
      detail: '',
      retryAfterSeconds,
    });

  function stage(random = 0) {
    const clock = { now: 0, slept: [] as number[] };
    const pauses = createPauses({
      random: () => random,
      clock: {
        ...systemClock,
        monotonic: () => clock.now,
        sleep: (milliseconds) => {
          clock.slept.push(milliseconds);
          if (clock.slept.length > 10) throw new Error('there was no end of waits');
          clock.now += milliseconds;
          return Promise.resolve();
        },
      },
    });
    return { clock, pauses };
  }

  it('waits for nothing at first', async () => {
    const { clock, pauses } = stage();
    await pauses.wait('a');
    expect(clock.slept).toStrictEqual([]);
  });

  it('doubles a break each time that the host goes on refusing, up to five minutes', async () => {
    const { clock, pauses } = stage();
    for (const expected of [10, 20, 40]) {
      pauses.begin('a', throttled(), 10_000);
      await pauses.wait('a');
      expect(clock.slept.at(-1)).toBe(expected * 1000);
    }
    pauses.end('a');
    pauses.begin('a', throttled(), 10_000);
    await pauses.wait('a');
    expect(clock.slept.at(-1)).toBe(10_000);
    for (let times = 0; times < 20; times += 1) {
      clock.now += 3_600_000;
      pauses.begin('a', throttled(), 10_000);
    }
    await expect(pauses.wait('a')).rejects.toMatchObject({ status: 429 });
    clock.now += 300_000;
    await pauses.wait('a');
  });

  it('counts refusals that come together once, and keeps the longest', async () => {
    const { clock, pauses } = stage();
    pauses.begin('a', throttled(20), 1000);
    pauses.begin('a', throttled(5), 1000);
    pauses.begin('a', throttled(), 1000);
    await pauses.wait('a');
    expect(clock.slept).toEqual([20_000]);
    pauses.begin('a', throttled(), 1000);
    await pauses.wait('a');
    expect(clock.slept).toEqual([20_000, 2000]);
  });

  it('is not ended by an answer that was under way when it began', async () => {
    const { clock, pauses } = stage();
    pauses.begin('a', throttled(5), 1000);
    pauses.end('a');
    pauses.end('b');
    await pauses.wait('a');
    expect(clock.slept).toEqual([5000]);
  });

  it('is waited for by a copy up to a minute, and each a little longer than the break', async () => {
    const { clock, pauses } = stage(0.5);
    pauses.begin('a', throttled(60), 1000);
    pauses.begin('b', throttled(61), 1000);
    await expect(pauses.wait('b')).rejects.toMatchObject({ retryAfterSeconds: 61 });
    await pauses.wait('a');
    expect(clock.slept).toEqual([60_125]);
  });
});
