import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { createSingleFlight, waitFor } from './single-flight';

describe('a single flight', () => {
  it('is one for all who ask for the same meanwhile', async () => {
    const once = createSingleFlight<string>();
    const begun: string[] = [];
    const task = (name: string) => async () => {
      begun.push(name);
      await setImmediate();
      return name;
    };
    const asked = [once('a', task('1')), once('a', task('2')), once('b', task('3'))];
    expect(await Promise.all(asked)).toEqual(['1', '1', '3']);
    expect(begun).toEqual(['1', '3']);
    expect(await once('a', task('4'))).toBe('4');
  });

  it('that fails does so for all, and is not the last', async () => {
    const once = createSingleFlight<string>();
    const fail = () => Promise.reject(new Error('no'));
    const asked = [once('a', fail), once('a', () => Promise.resolve('never'))];
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await once('a', () => Promise.resolve('again'))).toBe('again');
  });
});

describe('who waits for what others wait for', () => {
  it.each([
    ['without a signal', undefined],
    ['with a signal', new AbortController().signal],
  ])('hears of its end %s', async (_how, signal) => {
    expect(await waitFor(Promise.resolve('x'), signal)).toBe('x');
    const failure = new Error('no');
    await expect(waitFor(Promise.reject(failure), signal)).rejects.toBe(failure);
    if (signal) expect(getEventListeners(signal, 'abort')).toStrictEqual([]);
  });

  it('goes with the reason of the signal', async () => {
    const reason = new Error('the deadline is near');
    const abort = new AbortController();
    const waiting = waitFor(new Promise(() => undefined), abort.signal);
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(waitFor(Promise.resolve('x'), abort.signal)).rejects.toBe(reason);
  });
});

it('leaves no rejection unhandled after all callers have left', async () => {
  const unheard: unknown[] = [];
  const note = (reason: unknown) => void unheard.push(reason);
  process.on('unhandledRejection', note);
  const over = new Error('over');
  const shared = setImmediate().then(() => Promise.reject(new Error('shared')));
  await expect(waitFor(shared, AbortSignal.abort(over))).rejects.toBe(over);
  await setImmediate();
  await setImmediate();
  process.off('unhandledRejection', note);
  expect(unheard).toStrictEqual([]);
});
