import { systemClock } from './clock';

describe('the clock of the machine', () => {
  it('sleeps, and ends a sleep with the reason of the signal', async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(5);
    // Timers count in whole milliseconds, from one that has begun.
    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(4);
    const reason = new Error('enough');
    const sleeping = systemClock.sleep(3_600_000, AbortSignal.abort(reason));
    await expect(sleeping).rejects.toBe(reason);
  });

  it('aborts at a deadline, as AbortSignal.timeout does', async () => {
    const { signal } = systemClock.deadline(1);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('aborts nothing that was released', async () => {
    const [released, held] = [systemClock.deadline(1), systemClock.deadline(1)];
    released.release();
    await new Promise((resolve) => held.signal.addEventListener('abort', resolve));
    expect(released.signal.aborted).toBe(false);
  });
});
