import type { Clock } from '../system/clock';

/** Something has changed at a place, within this time; only listing the place tells what. */
export interface ChangeWindow {
  /** The place. */
  readonly key: string;
  /** When it changed, at the earliest and at the latest. */
  readonly from: Date;
  readonly until: Date;
}

/** Lets one listing of a place serve all the changes that it shows. */
export interface Coalescer {
  /**
   * Calls `list`, unless a listing that began after the change has been made: then `undefined`. A place is listed once at a
   * time; whoever waits for a listing that fails fails with it, and a listing that has failed serves nobody.
   *
   * `list` has to find what changed some seconds before the window, too, and to have done all about it when it resolves.
   */
  once<T>(change: ChangeWindow, list: () => Promise<T>): Promise<T | undefined>;
}

/** Allows for clocks that differ, and for servers that learn of a change a moment later. */
const MARGIN_MS = 2000;

interface Listed {
  /** What changed earlier it may not have found. */
  readonly from: number;
  /** What changes later it cannot know. */
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
