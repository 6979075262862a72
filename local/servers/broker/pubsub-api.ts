import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { protos } from '@google-cloud/pubsub';

type V1 = typeof protos.google.pubsub.v1;
type Plain<Name extends keyof V1> = V1[Name] extends new (properties?: infer P) => unknown
  ? NonNullable<P>
  : never;

/** Resources and messages of `google.pubsub.v1` as a caller may give them: fields may be null or missing. */
export type TopicResource = Plain<'Topic'>;
export type SubscriptionResource = Plain<'Subscription'>;
export type PubsubMessage = Plain<'PubsubMessage'>;
export type ReceivedMessage = Plain<'ReceivedMessage'>;

/** A request as it was decoded: nothing is missing, and only a message within it can be null. */
export type Request<Name extends keyof V1> = {
  readonly [Field in keyof Plain<Name>]-?: Decoded<Plain<Name>[Field]>;
};
type Decoded<Value> =
  NonNullable<Value> extends readonly unknown[]
    ? NonNullable<Value>
    : NonNullable<Value> extends object
      ? NonNullable<Value> | null
      : NonNullable<Value>;

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
