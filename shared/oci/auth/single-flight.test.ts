import { setImmediate } from 'node:timers/promises';
import { waitFor } from './single-flight';

it('leaves no failure unheard when nobody may wait any more', async () => {
  const unheard: unknown[] = [];
  const note = (reason: unknown) => void unheard.push(reason);
  process.on('unhandledRejection', note);
  const over = new Error('over');
  const shared = setImmediate().then(() => Promise.reject(new Error('shared')));
  await expect(waitFor(shared, AbortSignal.abort(over))).rejects.toBe(over);
  await setImmediate();
  await setImmediate();
  process.off('unhandledRejection', note);
  expect(unheard).toEqual([]);
});
