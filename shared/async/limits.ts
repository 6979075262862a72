import type { Clock } from '../system/clock';
import { waitFor } from './together';

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

/** Limits how much runs at once; the largest waiting goes first. */
export interface Slots {
  /** Waits for a slot. The returned function gives it back; calling it again does nothing. */
  take(size: number): Promise<() => void>;
  /** A slot, if one is free at once. */
  tryTake(): (() => void) | undefined;
}

interface Waiting {
  readonly size: number;
  readonly start: (release: () => void) => void;
}

export function createSlots(limit: number): Slots {
  let free = limit;
  const waiting: Waiting[] = [];

  const grant = (): (() => void) => {
    free--;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      free++;
      waiting.shift()?.start(grant());
    };
  };

  /** The position behind all that are as large or larger: a binary search, as thousands may wait. */
  const placeFor = (size: number): number => {
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((waiting[middle]?.size ?? 0) >= size) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    tryTake: () => (free > 0 ? grant() : undefined),
    take: (size) => {
      if (free > 0) return Promise.resolve(grant());
      return new Promise((start) => {
        waiting.splice(placeFor(size), 0, { size, start });
      });
    },
  };
}

export interface RateLimit {
  readonly perSecond: number;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Aborts every wait, with its reason. */
  readonly signal?: AbortSignal;
}

const SECOND_MS = 1000;

/** Returns a function that waits for the next turn: `perSecond` turns a second, in the order of the calls. */
export function createRateLimiter({ perSecond, clock, signal }: RateLimit): () => Promise<void> {
  let second = -Infinity;
  let taken = 0;
  return async () => {
    const now = clock.monotonic();
    if (now - second >= SECOND_MS) [second, taken] = [now, 0];
    else if (taken === perSecond) [second, taken] = [second + SECOND_MS, 0];
    taken += 1;
    if (second > now) await clock.sleep(second - now, signal);
    signal?.throwIfAborted();
  };
}
