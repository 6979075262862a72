import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { all, waitFor } from './together';

describe('several at once', () => {
  it('give all that they come to, in their order', async () => {
    const late = setImmediate(1);
    expect(await all([late, Promise.resolve(2)])).toEqual([1, 2]);
  });

  it.each([
    ['first', 0],
    ['second', 1],
  ])('fail when the %s does, and not before the other one has ended', async (_which, at) => {
    let end: (value: number) => void = () => undefined;
    const other = new Promise<number>((resolve) => (end = resolve));
    const parts: [Promise<number>, Promise<number>] = [other, other];
    parts[at] = Promise.reject(new Error('gone'));
    let hasFailed = false;
    const waiting = all(parts).catch((error: unknown) => {
      hasFailed = true;
      return error;
    });
    await setImmediate();
    expect(hasFailed).toBe(false);
    end(1);
    expect(await waiting).toEqual(new Error('gone'));
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
