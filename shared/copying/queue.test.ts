import { createQueue } from './queue';

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
