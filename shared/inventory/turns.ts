import type { Clock } from '../system/clock';

export interface TurnsOptions {
  readonly perSecond: number;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Ends the waiting of all; its reason is what is then thrown. */
  readonly signal?: AbortSignal;
}

const SECOND_MS = 1000;

/** Gives so many turns a second, in the order in which they are asked for. The first come at once. */
export function createTurns({ perSecond, clock, signal }: TurnsOptions): () => Promise<void> {
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
