import type { PubSub, Topic } from '@google-cloud/pubsub';
import { serviceMessage } from '../events/service-message';
import type { OutgoingMessage } from './copy-job';

/** Publishes to a topic named in full (`projects/P/topics/T`); resolves when every message is confirmed. */
export type Publish = (topic: string, messages: readonly OutgoingMessage[]) => Promise<void>;

export class PublishError extends Error {
  override readonly name = 'PublishError';
  constructor(topic: string, failed: number, of: number, cause: unknown) {
    super(
      `Publishing to ${topic} failed for ${failed} of ${of} messages: ${serviceMessage(cause)}`,
      { cause },
    );
  }
}

/** Below the function's own time-out: a delivery must end with an answer. The client would retry for ten minutes. */
const PUBLISH_TIMEOUT_MS = 15_000;

/**
 * A publisher on Google's client (or on the emulator that PUBSUB_EMULATOR_HOST names). The client and gRPC are loaded at
 * the first publish: a push that no rule wants must not pay for them.
 *
 * The returned function throws {@link PublishError}; publishing the same messages again is then harmless and right.
 */
export function createPublisher(): { publish: Publish; close: () => Promise<void> } {
  const clients = new Map<string, Promise<PubSub>>();
  const topics = new Map<string, Topic>();

  const openTopic = async (fullName: string): Promise<Topic> => {
    const known = topics.get(fullName);
    if (known) return known;
    const projectId = fullName.split('/')[1] ?? '';
    let client = clients.get(projectId);
    if (!client) {
      client = import('@google-cloud/pubsub').then(({ PubSub }) => new PubSub({ projectId }));
      clients.set(projectId, client);
    }
    const topic = (await client).topic(fullName, { gaxOpts: { timeout: PUBLISH_TIMEOUT_MS } });
    topics.set(fullName, topic);
    return topic;
  };

  return {
    publish: async (fullName, messages) => {
      if (messages.length === 0) return;
      const topic = await openTopic(fullName);
      const results = await Promise.allSettled(
        messages.map(({ data, attributes }) =>
          topic.publishMessage({ data, attributes: { ...attributes } }),
        ),
      );
      const failed = results.filter((result) => result.status === 'rejected');
      if (failed[0]) {
        throw new PublishError(fullName, failed.length, messages.length, failed[0].reason);
      }
    },
    close: async () => {
      for (const client of clients.values()) {
        // Everything published is confirmed by now, and a client that never got credentials fails at this once more.
        await client.then((opened) => opened.close()).catch(() => undefined);
      }
    },
  };
}
