import { waitFor } from '../oci/single-flight';

/** Work that several want at once is done by one of them. */
export interface SingleFlight {
  /**
   * Runs `work` unless the same `key` is under way, else waits for that to end. When it fails, one of those who waited
   * does its own `work`: nobody fails for another's reason.
   *
   * @returns false when another did it.
   * @throws the reason of `signal` when that ends the waiting.
   */
  run(key: string, signal: AbortSignal, work: () => Promise<void>): Promise<boolean>;
}

export function createSingleFlight(): SingleFlight {
  const underway = new Map<string, Promise<void>>();
  return {
    async run(key, signal, work) {
      for (let other = underway.get(key); other; other = underway.get(key)) {
        const ended = other.then(
          () => true,
          () => false,
        );
        if (await waitFor(ended, signal)) return false;
      }
      const own = work();
      underway.set(key, own);
      try {
        await own;
        return true;
      } finally {
        underway.delete(key);
      }
    },
  };
}
