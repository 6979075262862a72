import { createTurns } from './turns';

/** Gives `count` turns to those who all ask at once, on a clock that stands still, and says how long each waited. */
async function waits(count: number, perSecond: number, ...askedAt: number[]): Promise<number[]> {
  let now = 0;
  const waited: number[] = [];
  const clock = {
    monotonic: () => now,
    sleep: (milliseconds: number) => Promise.resolve(void waited.push(milliseconds)),
  };
  const turn = createTurns({ perSecond, clock });
  for (const at of [0, ...askedAt]) {
    now = at;
    await Promise.all(Array.from({ length: count }, turn));
  }
  return waited;
}

it('gives the first at once, and then so many a second', async () => {
  expect(await waits(5, 2)).toEqual([1000, 1000, 2000]);
});

it('goes on from the turns that were given for later', async () => {
  expect(await waits(3, 2, 500)).toEqual([1000, 500, 1500, 1500]);
});

it('saves up no turns that nobody took', async () => {
  expect(await waits(3, 2, 60_000)).toEqual([1000, 1000]);
});

it('gives none any more once its signal is aborted', async () => {
  const reason = new Error('over');
  const clock = { monotonic: () => 0, sleep: () => Promise.resolve() };
  const turn = createTurns({ perSecond: 1, clock, signal: AbortSignal.abort(reason) });
  await expect(turn()).rejects.toBe(reason);
});
