import { createSharedWork } from './shared-work';

const never = new AbortController().signal;

it('lets one do the work that several want', async () => {
  const uploads = createSharedWork();
  let runs = 0;
  const work = async () => {
    runs++;
    await new Promise(setImmediate);
  };
  const own = await Promise.all([
    uploads.run('blob', never, work),
    uploads.run('blob', never, work),
    uploads.run('other', never, work),
  ]);
  expect(own).toEqual([true, false, true]);
  expect(runs).toBe(2);
});

it('lets the next one try when one fails', async () => {
  const uploads = createSharedWork();
  const failing = uploads.run('blob', never, () => Promise.reject(new Error('mine alone')));
  const second = uploads.run('blob', never, () => Promise.resolve());
  await expect(failing).rejects.toThrow('mine alone');
  expect(await second).toBe(true);
});

it('forgets what is done', async () => {
  const uploads = createSharedWork();
  await uploads.run('blob', never, () => Promise.resolve());
  expect(await uploads.run('blob', never, () => Promise.resolve())).toBe(true);
});

it('waits no longer than its signal allows', async () => {
  const uploads = createSharedWork();
  const stop = new AbortController();
  void uploads.run('blob', never, () => new Promise(() => undefined));
  const waiting = uploads.run('blob', stop.signal, () => Promise.resolve());
  stop.abort(new Error('out of time'));
  await expect(waiting).rejects.toThrow('out of time');
});
