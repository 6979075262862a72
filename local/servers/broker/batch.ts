import type { Lease } from './leases';
import { sizeOf, toPubsubMessage } from './message';
import type { ReceivedMessage } from './pubsub-api';
import type { LeaseOptions } from './message-flow';
import type { Subscription } from './subscription';

/** Far below the 20 MiB that Google's client accepts in one answer, whatever the last message adds. */
const ENOUGH_BYTES = 4 * 1024 * 1024;

/** Begins the delivery of up to `max` messages that may go now, fewer if they are large. */
export function leaseBatch(
  subscription: Subscription,
  max: number,
  options?: LeaseOptions,
): Lease[] {
  const batch: Lease[] = [];
  let bytes = 0;
  while (batch.length < max && bytes < ENOUGH_BYTES) {
    const lease = subscription.lease(options);
    if (lease === undefined) break;
    batch.push(lease);
    bytes += sizeOf(lease.entry.message);
  }
  return batch;
}

export function toReceivedMessage(subscription: Subscription, lease: Lease): ReceivedMessage {
  return {
    ackId: lease.ackId,
    message: toPubsubMessage(lease.entry.message),
    deliveryAttempt: subscription.deliveryAttempt(lease) ?? 0,
  };
}
