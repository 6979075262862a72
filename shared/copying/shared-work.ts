import { createSingleFlight, waitFor } from '../oci/auth/single-flight';

/** Work that several callers want at the same time is done once. */
export interface SharedWork {
  /**
   * Runs `work` unless the same `key` is under way, else waits for that to end. If it fails, one of the waiting callers
   * does its own `work`, so that no caller fails because of another.
   * @returns false if another caller did it.
   * @throws the reason of `signal` if it ends the waiting.
   */
  run(key: string, signal: AbortSignal, work: () => Promise<void>): Promise<boolean>;
}

export function createSharedWork(): SharedWork {
  const begin = createSingleFlight<unknown>();
  return {
    async run(key, signal, work) {
      for (;;) {
        const own = { isBegun: false };
        const underway = begin(key, () => {
          own.isBegun = true;
          return work();
        });
        if (own.isBegun) {
          await underway;
          return true;
        }
        const ended = underway.then(
          () => true,
          () => false,
        );
        if (await waitFor(ended, signal)) return false;
      }
    },
  };
}
