import type { Delivery } from '../functions/fleet';
import type { Life } from '../time/life';
import type { Violation } from './violation';

/** Watches the queues on which every release arrives: Pub/Sub slows down all of such a queue when deliveries are refused. */
export interface QueueWitness {
  /** A process could not publish. */
  readonly unpublished: (life: Life) => void;
  readonly delivered: (delivery: Delivery) => Violation[];
}

/** Only there is a delivery refused. A run of reconcile has its topic to itself. */
const MAY_REFUSE = /\/(?:copy-retries|plan-retries|reconcile)$/;

export function createQueueWitness({ now }: { readonly now: () => number }): QueueWitness {
  /** When each process last failed to publish; what it cannot publish, it must refuse. */
  const failures = new Map<Life, number>();
  return {
    unpublished: (life) => void failures.set(life, now()),
    delivered({ isAcked, message, began, life, line }) {
      if (isAcked || MAY_REFUSE.test(message.topic)) return [];
      if ((failures.get(life) ?? -Infinity) >= began) return [];
      const detail = `${life.name} refused ${message.messageId} of ${message.topic}: ${line}`;
      return [{ invariant: 'slowed', detail, about: message.messageId }];
    },
  };
}
