import { RegistryError } from './errors';
import { createPauses } from './pauses';
import { systemClock } from '../../system/clock';

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
