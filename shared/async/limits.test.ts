import { createQueue, createRateLimiter, createSlots } from './limits';

describe('a queue', () => {
  const never = new AbortController().signal;

  it('runs work with the same key one after another, whatever comes of it', async () => {
    const queue = createQueue();
    const log: string[] = [];
    const job =
      (name: string, fail = false) =>
      async () => {
        log.push(`${name} begins`);
        await new Promise(setImmediate);
        log.push(`${name} ends`);
        if (fail) throw new Error(name);
        return name;
      };
    const first = queue.run('tag', never, job('first', true));
    const second = queue.run('tag', never, job('second'));
    await expect(first).rejects.toThrow('first');
    expect(await second).toBe('second');
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('lets work with different keys overlap', async () => {
    const queue = createQueue();
    const { promise, resolve } = withResolver();
    const first = queue.run('one', never, () => promise);
    await queue.run('other', never, () => Promise.resolve());
    resolve();
    await first;
  });

  it('keeps the order if a waiting job is aborted', async () => {
    const queue = createQueue();
    const { promise, resolve } = withResolver();
    const stop = new AbortController();
    const log: string[] = [];
    const first = queue.run('tag', never, () => promise.then(() => log.push('first')));
    const second = queue.run('tag', stop.signal, () => Promise.resolve(log.push('second')));
    stop.abort(new Error('out of time'));
    await expect(second).rejects.toThrow('out of time');
    const third = queue.run('tag', never, () => Promise.resolve(log.push('third')));
    await new Promise(setImmediate);
    resolve();
    await Promise.all([first, third]);
    expect(log).toEqual(['first', 'third']);
  });

  it('keeps the order if the previous job ends', async () => {
    const queue = createQueue();
    const { promise, resolve } = withResolver();
    const log: string[] = [];
    const first = queue.run('tag', never, () => Promise.resolve(log.push('first')));
    const second = queue.run('tag', never, () => promise.then(() => log.push('second')));
    await first;
    await new Promise(setImmediate);
    const third = queue.run('tag', never, () => Promise.resolve(log.push('third')));
    await new Promise(setImmediate);
    resolve();
    await Promise.all([second, third]);
    expect(log).toEqual(['first', 'second', 'third']);
  });

  function withResolver(): { promise: Promise<void>; resolve: () => void } {
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    return { promise, resolve };
  }
});

describe('slots', () => {
  it('gives out no more than its limit', async () => {
    const slots = createSlots(2);
    const first = await slots.take(1);
    await slots.take(1);
    expect(slots.tryTake()).toBeUndefined();
    first();
    expect(slots.tryTake()).toBeDefined();
  });

  it('lets the largest go first, and equals in the order of their arrival', async () => {
    const slots = createSlots(1);
    const release = await slots.take(1);
    const order: string[] = [];
    const waiting = ['small 1', 'large 9', 'middle 5', 'second 5'].map(async (name) => {
      const done = await slots.take(Number(name.split(' ')[1]));
      order.push(name);
      done();
    });
    release();
    await Promise.all(waiting);
    expect(order).toEqual(['large 9', 'middle 5', 'second 5', 'small 1']);
  });

  it('takes a slot back once', async () => {
    const slots = createSlots(1);
    const release = await slots.take(1);
    release();
    release();
    expect(slots.tryTake()).toBeDefined();
    expect(slots.tryTake()).toBeUndefined();
  });
});

describe('a rate limiter', () => {
  /** Gives `count` turns to those who all ask at once, on a clock that stands still, and says how long each waited. */
  async function waits(count: number, perSecond: number, ...askedAt: number[]): Promise<number[]> {
    let now = 0;
    const waited: number[] = [];
    const clock = {
      monotonic: () => now,
      sleep: (milliseconds: number) => Promise.resolve(void waited.push(milliseconds)),
    };
    const turn = createRateLimiter({ perSecond, clock });
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

  it('does not save up unused turns', async () => {
    expect(await waits(3, 2, 60_000)).toEqual([1000, 1000]);
  });

  it('gives none any more once its signal is aborted', async () => {
    const reason = new Error('over');
    const clock = { monotonic: () => 0, sleep: () => Promise.resolve() };
    const turn = createRateLimiter({ perSecond: 1, clock, signal: AbortSignal.abort(reason) });
    await expect(turn()).rejects.toBe(reason);
  });
});
