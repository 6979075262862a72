import type { BrokerOptions } from '../servers/broker/broker';
import { topicName } from '../subscriptions';
import type { OnClose } from './closers';
import { type LocalPubsub, openPubsub } from './pubsub';

type Attributes = Readonly<Record<string, string>>;
/** Publishes on a topic by its short name, such as `copy-jobs`. */
export type Publish = (
  topic: string,
  data: string | object,
  attributes?: Attributes,
) => Promise<void>;
/** Publishes an event; the stack fails if that fails. */
export type Announce = (topic: string, data: object, attributes?: Attributes) => void;

/** One process serves all copies here; in the cloud hundreds of instances do. */
const PUSHES_AT_ONCE = 32;

export interface Messaging {
  readonly pubsub: LocalPubsub;
  readonly publish: Publish;
  readonly announce: Announce;
}

/**
 * Opens Pub/Sub of a project: Google's emulator, or the embedded broker. `fail` is called with announcements that
 * failed.
 */
export async function openMessaging(
  project: string,
  { emulator, broker }: { readonly emulator?: string; readonly broker?: BrokerOptions },
  fail: (error: Error) => void,
  onClose: OnClose,
): Promise<Messaging> {
  const pubsub = await openPubsub(project, emulator, {
    largestPushWindow: PUSHES_AT_ONCE,
    ...broker,
  });
  onClose(() => pubsub.close());
  const publish: Publish = (topic, data, attributes) =>
    pubsub.publish(
      topicName(project, topic),
      Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)),
      attributes,
    );
  const announce: Announce = (topic, data, attributes) => {
    publish(topic, data, attributes).catch((cause: unknown) => {
      const why = `The vendor cannot publish on ${topic}: ${String(cause)}`;
      fail(new Error(why, { cause }));
    });
  };
  return { pubsub, publish, announce };
}
