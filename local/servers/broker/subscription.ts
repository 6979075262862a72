import { type DeliveryPolicy, readDeliveryPolicy } from './delivery-policy';
import type { Lease } from './leases';
import { type FlowDependencies, type MessageFlow, createMessageFlow } from './message-flow';
import type { SubscriptionResource } from './pubsub-api';

/** A subscription: its settings, which may change while it delivers, and its messages. */
export interface Subscription extends MessageFlow {
  readonly name: string;
  resource(): SubscriptionResource;
  policy(): DeliveryPolicy;
  /** @throws {StatusError} as {@link readDeliveryPolicy}; then nothing is changed */
  update(resource: SubscriptionResource): void;
  /** The number of this delivery of its message; sent only under a dead-letter policy, as Pub/Sub does. */
  deliveryAttempt(lease: Lease): number | undefined;
  /** Calls back when there may be something to lease or the counters changed. Returns the way to stop it. */
  onChange(listener: () => void): () => void;
}

export type SubscriptionDependencies = Omit<FlowDependencies, 'name' | 'policy' | 'onChange'>;

/** @throws {StatusError} as {@link readDeliveryPolicy} */
export function createSubscription(
  given: SubscriptionResource & { readonly name: string },
  dependencies: SubscriptionDependencies,
): Subscription {
  let resource: SubscriptionResource = given;
  let policy = readDeliveryPolicy(resource);
  const { name } = given;
  const listeners = new Set<() => void>();
  const announce = () => listeners.forEach((listener) => listener());
  const flow = createMessageFlow({
    ...dependencies,
    name,
    policy: () => policy,
    onChange: announce,
  });

  return {
    ...flow,
    name,
    resource: () => resource,
    policy: () => policy,
    update(changed) {
      policy = readDeliveryPolicy(changed);
      resource = changed;
      announce();
    },
    deliveryAttempt: ({ entry }) => (policy.deadLetter === undefined ? undefined : entry.attempts),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
