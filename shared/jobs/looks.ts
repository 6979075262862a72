import type { Clock } from '../system/clock';

/** Something that happened at a place, which has to be listed to find out what it was. */
export interface Occasion {
  /** The place. */
  readonly key: string;
  /** When it happened, at the earliest and at the latest. */
  readonly from: Date;
  readonly until: Date;
}

/** Lets one look serve all occasions that it tells of. */
export interface Looks {
  /**
   * Looks, unless somebody has since the occasion: then `undefined`. One look at a time for each place; who waits for one
   * that fails fails with it, and a look that has failed serves nobody.
   *
   * `look` has to find what happened some seconds before the occasion, too, and to have told all of it when it resolves.
   */
  once<T>(occasion: Occasion, look: () => Promise<T>): Promise<T | undefined>;
}

/** Allows for clocks that differ, and for servers that learn of a change a moment later. */
const MARGIN_MS = 2000;

interface Look {
  /** What happened earlier it may not have found. */
  readonly from: number;
  /** What happens later it cannot know. */
  readonly beganAt: number;
}

export function createLooks({ now }: Pick<Clock, 'now'>): Looks {
  const running = new Map<string, Promise<unknown>>();
  const done = new Map<string, Look>();

  const isServed = ({ key, from, until }: Occasion): boolean => {
    const look = done.get(key);
    return (
      look !== undefined &&
      look.from - MARGIN_MS <= from.getTime() &&
      until.getTime() + MARGIN_MS <= look.beganAt
    );
  };

  return {
    async once(occasion, look) {
      const { key, from } = occasion;
      for (;;) {
        if (isServed(occasion)) return undefined;
        const other = running.get(key);
        if (other === undefined) break;
        await other;
      }
      const beganAt = now();
      const own = look();
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
