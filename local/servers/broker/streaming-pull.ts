import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { type ReceivedMessage, type Request, toServiceError } from './grpc';
import { sizeOf, toPubsubMessage } from './message';
import type { Lease } from './queue';
import type { LeaseOptions, Subscription } from './subscription';

type Pull = Request<'StreamingPullRequest'>;
interface Delivery {
  readonly receivedMessages?: ReceivedMessage[];
}
type Call = ServerDuplexStream<Pull, Delivery>;

/** Messages in one answer: what a busy stream gains from more is little. */
const LARGEST_BATCH = 100;

/**
 * The stream behind `subscription.on('message')`. The first request names the subscription and how much may be
 * outstanding; acks may come in it or by the unary calls; an empty request asks for a sign of life. A stream that
 * ends leaves its messages to their ack deadlines.
 */
export function streamingPull(
  find: (name: string) => Subscription,
): handleBidiStreamingCall<Pull, Delivery> {
  return (call) => {
    let session: Session | undefined;
    call.on('data', (request: Pull) => {
      try {
        session ??= openSession(call, find(request.subscription), request);
        session.receive(request);
      } catch (error) {
        call.emit('error', toServiceError(error));
      }
    });
    call.on('cancelled', () => session?.close());
    call.on('end', () => {
      session?.close();
      call.end();
    });
  };
}

interface Session {
  receive(request: Pull): void;
  close(): void;
}

function openSession(call: Call, subscription: Subscription, first: Pull): Session {
  const mostOutstanding = Number(first.maxOutstandingMessages) || Infinity;
  let deadlineSeconds = first.streamAckDeadlineSeconds;
  let outstanding = 0;

  const onEnd = () => {
    outstanding--;
  };
  const send = () => {
    for (;;) {
      const room = Math.min(LARGEST_BATCH, mostOutstanding - outstanding);
      const leases = leaseBatch(subscription, room, { deadline: deadlineSeconds * 1000, onEnd });
      if (leases.length === 0) return;
      outstanding += leases.length;
      call.write({ receivedMessages: leases.map((each) => toReceivedMessage(subscription, each)) });
    }
  };
  const forget = subscription.onChange(send);
  send();

  return {
    receive(request) {
      deadlineSeconds = request.streamAckDeadlineSeconds || deadlineSeconds;
      for (const ackId of request.ackIds) subscription.settle(ackId, 'acked');
      request.modifyDeadlineAckIds.forEach((ackId, index) => {
        subscription.modifyDeadline(ackId, (request.modifyDeadlineSeconds[index] ?? 0) * 1000);
      });
      if (request.subscription === '') call.write({});
    },
    close: forget,
  };
}

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
