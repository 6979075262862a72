import type { Clock } from '../system/clock';
import { waitFor } from './together';

/** Runs `task` once at a time for each key: callers that come meanwhile share its outcome. */
export function createSingleFlight<T>(): (key: string, task: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, task) => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const flight = task().finally(() => running.delete(key));
    running.set(key, flight);
    return flight;
  };
}

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

/** A change at a location within a period. Only a listing shows what changed. */
export interface ChangeWindow {
  /** The location. */
  readonly key: string;
  /** The earliest and the latest time of the change. */
  readonly from: Date;
  readonly until: Date;
}

/** Shares one in-flight listing among the changes that it shows. */
export interface Coalescer {
  /**
   * Calls `list`, unless a listing that began after the change has succeeded; then returns `undefined`. A location has
   * one listing at a time. Callers that wait for a listing fail with it; failures are not cached.
   *
   * `list` must also find changes from some seconds before the period, and must have handled them when it resolves.
   */
  once<T>(change: ChangeWindow, list: () => Promise<T>): Promise<T | undefined>;
}

/** Allows for clock differences and for servers that see a change a moment later. */
const MARGIN_MS = 2000;

interface Listed {
  /** The listing may have missed earlier changes. */
  readonly from: number;
  /** The listing cannot show later changes. */
  readonly beganAt: number;
}

export function createCoalescer({ now }: Pick<Clock, 'now'>): Coalescer {
  const running = new Map<string, Promise<unknown>>();
  const done = new Map<string, Listed>();

  const isServed = ({ key, from, until }: ChangeWindow): boolean => {
    const listed = done.get(key);
    return (
      listed !== undefined &&
      listed.from - MARGIN_MS <= from.getTime() &&
      until.getTime() + MARGIN_MS <= listed.beganAt
    );
  };

  return {
    async once(change, list) {
      const { key, from } = change;
      for (;;) {
        if (isServed(change)) return undefined;
        const other = running.get(key);
        if (other === undefined) break;
        await other;
      }
      const beganAt = now();
      const own = list();
      running.set(key, own);
      try {
        const found = await own;
        done.set(key, { from: from.getTime(), beganAt });
        return found;
      } finally {
        running.delete(key);
      }
    },
  };
}
