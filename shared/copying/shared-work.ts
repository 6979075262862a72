import { createSingleFlight, waitFor } from '../oci/auth/single-flight';

/** Work that several callers want at the same time is done once. */
export interface SharedWork {
  /**
   * Runs `work` unless the same `key` is under way, else waits for that to end. When it fails, one of those who waited
   * does its own `work`: nobody fails for another's reason.
   *
   * @returns false when another did it.
   * @throws the reason of `signal` when that ends the waiting.
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
