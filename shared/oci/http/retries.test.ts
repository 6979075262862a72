import { failureOf } from '../../../test/support/open-repository';
import { NetworkError, RegistryError } from './errors';
import { createRetries, type RetriesDeps } from './retries';
import { createRetryBudget } from './retry-budget';

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
