import { createSingleFlight } from './single-flight';

const never = new AbortController().signal;

it('lets one do the work that several want', async () => {
  const flight = createSingleFlight();
  let runs = 0;
  const work = async () => {
    runs++;
    await new Promise(setImmediate);
  };
  const own = await Promise.all([
    flight.run('blob', never, work),
    flight.run('blob', never, work),
    flight.run('other', never, work),
  ]);
  expect(own).toEqual([true, false, true]);
  expect(runs).toBe(2);
});

it('lets the next one try when one fails', async () => {
  const flight = createSingleFlight();
  const failing = flight.run('blob', never, () => Promise.reject(new Error('mine alone')));
  const second = flight.run('blob', never, () => Promise.resolve());
  await expect(failing).rejects.toThrow('mine alone');
  expect(await second).toBe(true);
});

it('forgets what is done', async () => {
  const flight = createSingleFlight();
  await flight.run('blob', never, () => Promise.resolve());
  expect(await flight.run('blob', never, () => Promise.resolve())).toBe(true);
});

it('waits no longer than its signal allows', async () => {
  const flight = createSingleFlight();
  const stop = new AbortController();
  void flight.run('blob', never, () => new Promise(() => undefined));
  const waiting = flight.run('blob', stop.signal, () => Promise.resolve());
  stop.abort(new Error('out of time'));
  await expect(waiting).rejects.toThrow('out of time');
});
