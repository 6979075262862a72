import { setTimeout as delay } from 'node:timers/promises';
import type { PubSubMessage } from '../events/envelope';

/** Pub/Sub may answer an immediate pull with nothing although there is something: so often in a row it is believed. */
const EMPTY_ANSWERS = 3;
const PAUSE_MS = 200;

/**
 * Reads up to `limit` messages of a pull subscription and gives them back: they stay in the subscription. What another
 * reader holds at the moment is not among them.
 */
export async function browse(subscription: string, limit: number): Promise<PubSubMessage[]> {
  const { PubSub, v1 } = await import('@google-cloud/pubsub');
  const pubsub = new PubSub({ projectId: subscription.split('/')[1] ?? '' });
  type Options = ConstructorParameters<typeof v1.SubscriberClient>[0];
  const client = new v1.SubscriberClient((await pubsub.getClientConfig()) as Options);
  const messages: PubSubMessage[] = [];
  const ackIds: string[] = [];
  try {
    for (let empty = 0; empty < EMPTY_ANSWERS && messages.length < limit;) {
      // A pull that waits may, once it is given up, still take messages away from the next reader.
      const [{ receivedMessages }] = await client.pull({
        subscription,
        maxMessages: Math.min(limit - messages.length, 1000),
        returnImmediately: true,
      });
      const pulled = receivedMessages ?? [];
      empty = pulled.length === 0 ? empty + 1 : 0;
      if (empty > 0) await delay(PAUSE_MS);
      for (const { ackId, message } of pulled) {
        if (typeof ackId === 'string') ackIds.push(ackId);
        messages.push({
          id: message?.messageId ?? '',
          data: Buffer.from(message?.data ?? ''),
          attributes: message?.attributes ?? {},
          publishTime: new Date(Number(message?.publishTime?.seconds ?? 0) * 1000),
        });
      }
    }
    return messages;
  } finally {
    for (let first = 0; first < ackIds.length; first += 1000) {
      const some = ackIds.slice(first, first + 1000);
      await client.modifyAckDeadline({ subscription, ackIds: some, ackDeadlineSeconds: 0 });
    }
    await client.close();
    await pubsub.close();
  }
}
