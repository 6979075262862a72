import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { protos } from '@google-cloud/pubsub';

type V1 = typeof protos.google.pubsub.v1;
type Plain<Name extends keyof V1> = V1[Name] extends new (properties?: infer P) => unknown
  ? NonNullable<P>
  : never;

/** The messages of `google.pubsub.v1`, as they arrive and leave (fields may be null or missing). */
export type TopicResource = Plain<'Topic'>;
export type SubscriptionResource = Plain<'Subscription'>;
export type PubsubMessage = Plain<'PubsubMessage'>;
export type ReceivedMessage = Plain<'ReceivedMessage'>;
export type StreamingPullRequest = Plain<'StreamingPullRequest'>;
export type StreamingPullResponse = Plain<'StreamingPullResponse'>;

/** Names a request or answer of the API: `Api<'PublishRequest'>`. */
export type Api<Name extends keyof V1> = Plain<Name>;

/**
 * Pub/Sub's two services, read from the definitions inside Google's own client, which is not bundled: the
 * server speaks exactly the version that the client does.
 */
export function loadPubsubServices(): {
  publisher: ServiceDefinition;
  subscriber: ServiceDefinition;
} {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- 200 KB that only a starting broker reads
  const definitions = require('@google-cloud/pubsub/build/protos/protos.json') as Parameters<
    typeof fromJSON
  >[0];
  const api = fromJSON(definitions, { longs: String, enums: String, defaults: true, oneofs: true });
  return {
    publisher: api['google.pubsub.v1.Publisher'] as ServiceDefinition,
    subscriber: api['google.pubsub.v1.Subscriber'] as ServiceDefinition,
  };
}
