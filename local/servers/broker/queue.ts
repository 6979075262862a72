import type { Entry } from './leases';

/** Entries that wait for delivery: those that may go now, in order, and those whose time has not come. */
export interface Queue {
  /** Adds an entry that may go after `milliseconds`; 0 is now. */
  add(entry: Entry, milliseconds: number): void;
  take(): Entry | undefined;
  removeIf(unwanted: (entry: Entry) => boolean): void;
  /** Both kinds together. */
  readonly size: number;
}

/** `onReady` is called whenever an entry becomes ready. */
export function createQueue(onReady: () => void): Queue {
  const ready = new Set<Entry>();
  const waiting = new Map<Entry, NodeJS.Timeout>();

  const makeReady = (entry: Entry) => {
    waiting.delete(entry);
    ready.add(entry);
    onReady();
  };
  return {
    add(entry, milliseconds) {
      if (milliseconds <= 0) makeReady(entry);
      else waiting.set(entry, setTimeout(() => makeReady(entry), milliseconds).unref());
    },
    take() {
      const [first] = ready;
      if (first !== undefined) ready.delete(first);
      return first;
    },
    removeIf(unwanted) {
      for (const entry of [...ready, ...waiting.keys()].filter(unwanted)) {
        clearTimeout(waiting.get(entry));
        waiting.delete(entry);
        ready.delete(entry);
      }
    },
    get size() {
      return ready.size + waiting.size;
    },
  };
}
