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

/** Below the function's own timeout, so that a delivery gets a response. The client would retry for ten minutes. */
const PUBLISH_TIMEOUT_MS = 15_000;

/**
 * Creates a publisher that uses Google's client (or the emulator that PUBSUB_EMULATOR_HOST names) and opens it at the
 * first publish.
 * The returned function throws {@link PublishError}. Publishing the same messages again is then harmless and correct.
 */
export function createPublisher(open: (projectId: string) => Promise<PubSub> = openPubSub): {
  publish: Publish;
  close: () => Promise<void>;
} {
  const clients = new Map<string, Promise<PubSub>>();
  const topics = new Map<string, Topic>();

  const openTopic = async (fullName: string): Promise<Topic> => {
    const known = topics.get(fullName);
    if (known) return known;
    const projectId = fullName.split('/')[1] ?? '';
    const client = clients.get(projectId) ?? open(projectId);
    clients.set(projectId, client);
    // Credentials that are missing now may exist at the next publish.
    client.catch(() => clients.delete(projectId));
    const topic = (await client).topic(fullName, { gaxOpts: { timeout: PUBLISH_TIMEOUT_MS } });
    topics.set(fullName, topic);
    return topic;
  };

  return {
    publish: async (fullName, messages) => {
      if (messages.length === 0) return;
      const topic = await openTopic(fullName).catch((cause: unknown) => {
        throw new PublishError(fullName, messages.length, messages.length, cause);
      });
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
      for (const client of clients.values()) await (await client).close();
    },
  };
}

/**
 * Opens Google's Pub/Sub client for a project, or for the emulator that PUBSUB_EMULATOR_HOST names. It loads the client
 * and gRPC here, so that a push that matches no rule does not pay for them.
 * `clientOptions` are added to the options of the client and of the clients that it opens.
 * @throws {Error} if there are no credentials. The client itself would fail at its first call, with an additional
 * rejection that no caller can catch.
 */
export async function openPubSub(projectId: string, clientOptions: object = {}): Promise<PubSub> {
  const { PubSub } = await import('@google-cloud/pubsub');
  const pubsub = new PubSub({ ...clientOptions, projectId });
  if (!pubsub.isEmulator) await pubsub.auth.getClient();
  return pubsub;
}
