import { waitFor } from '../oci/auth/single-flight';

/** Runs work with the same key one after another, in the order of its arrival. */
export interface Queue {
  /** @throws the reason of `signal` when that ends the waiting; the work is not begun then. */
  run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createQueue(): Queue {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, signal, work) {
      const before = tails.get(key) ?? Promise.resolve();
      const own = waitFor(before, signal).then(work);
      // Who gives up waiting must not let the next one overtake those before.
      const tail = Promise.allSettled([before, own]).then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      tails.set(key, tail);
      return own;
    },
  };
}
