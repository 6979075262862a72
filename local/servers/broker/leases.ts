import type { Message } from './message';

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
