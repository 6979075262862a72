import type { Message } from './message';

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

/** A message on its way to being acknowledged, in one subscription. */
export interface Entry {
  readonly message: Message;
  /** Deliveries begun. */
  attempts: number;
}

/** The end of a delivery; a missed ack deadline is a silent refusal. */
export type Ending = 'acked' | 'nacked' | 'expired';

export interface Lease {
  readonly ackId: string;
  readonly entry: Entry;
  /** Called once, after the message was removed or queued again. */
  readonly onEnd: (ending: Ending) => void;
}

interface Held {
  readonly lease: Lease;
  timer: NodeJS.Timeout;
}

/** The unanswered deliveries. */
export interface Leases {
  grant(entry: Entry, milliseconds: number, onEnd: Lease['onEnd']): Lease;
  /** Takes the lease out; undefined if it has ended already. */
  take(ackId: string): Lease | undefined;
  extend(ackId: string, milliseconds: number): void;
  all(): Lease[];
  readonly size: number;
  clear(): void;
}

/** `onExpired` is called if a delivery gets no response in time; it removes the lease. */
export function createLeases(onExpired: (ackId: string) => void): Leases {
  const held = new Map<string, Held>();
  let last = 0;
  const arm = (ackId: string, milliseconds: number) =>
    setTimeout(() => onExpired(ackId), milliseconds).unref();

  return {
    grant(entry, milliseconds, onEnd) {
      const ackId = `${entry.message.messageId}:${++last}`;
      const lease = { ackId, entry, onEnd };
      held.set(ackId, { lease, timer: arm(ackId, milliseconds) });
      return lease;
    },
    take(ackId) {
      const found = held.get(ackId);
      clearTimeout(found?.timer);
      held.delete(ackId);
      return found?.lease;
    },
    extend(ackId, milliseconds) {
      const found = held.get(ackId);
      if (found === undefined) return;
      clearTimeout(found.timer);
      found.timer = arm(ackId, milliseconds);
    },
    all: () => [...held.values()].map(({ lease }) => lease),
    get size() {
      return held.size;
    },
    clear() {
      for (const { timer } of held.values()) clearTimeout(timer);
      held.clear();
    },
  };
}
