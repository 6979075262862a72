import type { Clock } from '../../../shared/system/clock';
import type { Life } from './life';
import type { Scheduler } from './scheduler';

/** When every simulation begins: milliseconds since 1970. */
export const EPOCH = Date.UTC(2030, 0, 1);

/** Virtual time, for one process: its waits end with it. `skew`: how far its time of day is from that of others. */
export function createClock(
  scheduler: Pick<Scheduler, 'now'>,
  life: Pick<Life, 'after'>,
  skew = 0,
): Clock {
  return {
    now: () => Math.floor(EPOCH + skew + scheduler.now()),
    monotonic: scheduler.now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          wake();
          // What was given as the reason is thrown as it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(signal?.reason);
        };
        const wake = life.after(milliseconds, `a sleep of ${milliseconds} ms`, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      }),
    deadline(milliseconds) {
      const controller = new AbortController();
      const release = life.after(milliseconds, `a deadline of ${milliseconds} ms`, () =>
        controller.abort(
          new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
        ),
      );
      return { signal: controller.signal, release };
    },
  };
}
