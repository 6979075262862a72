import { type UntypedServiceImplementation, status } from '@grpc/grpc-js';
import { leaseBatch, toReceivedMessage } from './batch';
import type { Api, SubscriptionResource } from './pubsub-api';
import { StatusError, invalidArgument, unimplemented } from './status-error';
import type { Store } from './store';
import { streamingPull } from './streaming-pull';
import type { Subscription } from './subscription';
import { type TimeScale, toMilliseconds } from './time';
import { applyMask, pageOf, unary } from './unary';

/** Pull "may wait a bounded amount of time" for a first message (pubsub.proto): this long, in milliseconds. */
const PULL_WAIT = 3_000;
const UNCHANGEABLE = ['name', 'topic', 'filter'];

/** `google.pubsub.v1.Subscriber` on a store. Snapshots are left out: UNIMPLEMENTED. */
export function createSubscriberService(
  store: Store,
  timeScale: TimeScale,
): UntypedServiceImplementation {
  const named: Find = ({ subscription }) => store.subscription(subscription ?? '');
  return { ...administration(store, named), ...delivery(store, named, timeScale) };
}

type Find = (request: { readonly subscription?: string | null }) => Subscription;

function administration(store: Store, named: Find): UntypedServiceImplementation {
  return {
    createSubscription: unary((resource: SubscriptionResource) =>
      store.createSubscription(resource).resource(),
    ),
    getSubscription: unary((request: Api<'GetSubscriptionRequest'>) => named(request).resource()),
    listSubscriptions: unary((request: Api<'ListSubscriptionsRequest'>) => {
      const prefix = `${request.project ?? ''}/`;
      const all = store.subscriptions().filter(({ name }) => name.startsWith(prefix));
      const { items, nextPageToken } = pageOf(all, request);
      return { subscriptions: items.map((subscription) => subscription.resource()), nextPageToken };
    }),
    updateSubscription: unary(({ subscription, updateMask }: Api<'UpdateSubscriptionRequest'>) =>
      updateSubscription(
        store.subscription(subscription?.name ?? ''),
        { ...subscription },
        updateMask?.paths ?? [],
      ),
    ),
    modifyPushConfig: unary((request: Api<'ModifyPushConfigRequest'>) => {
      const subscription = named(request);
      subscription.update({ ...subscription.resource(), pushConfig: request.pushConfig ?? null });
      return {};
    }),
    deleteSubscription: unary(({ subscription }: Api<'DeleteSubscriptionRequest'>) => {
      store.deleteSubscription(subscription ?? '');
      return {};
    }),
    seek: unary((request: Api<'SeekRequest'>) => {
      if (request.time == null) throw unimplemented('snapshots: seek to a time');
      named(request).seek(toMilliseconds(request.time));
      return {};
    }),
  };
}

function delivery(store: Store, named: Find, timeScale: TimeScale): UntypedServiceImplementation {
  return {
    pull: unary(async (request: Api<'PullRequest'>, cancelled) => {
      const subscription = requirePull(named(request));
      const max = request.maxMessages ?? 0;
      if (max < 1) throw invalidArgument('max_messages must be at least 1.');
      const take = () => leaseBatch(subscription, max);
      let leases = take();
      if (leases.length === 0 && !request.returnImmediately) {
        await changed(subscription, PULL_WAIT / timeScale.waits, cancelled);
        if (!cancelled.aborted) leases = take();
      }
      return { receivedMessages: leases.map((lease) => toReceivedMessage(subscription, lease)) };
    }),
    streamingPull: streamingPull((name) => requirePull(store.subscription(name))),
    acknowledge: unary((request: Api<'AcknowledgeRequest'>) => {
      const subscription = named(request);
      for (const ackId of request.ackIds ?? []) subscription.settle(ackId, 'acked');
      return {};
    }),
    modifyAckDeadline: unary((request: Api<'ModifyAckDeadlineRequest'>) => {
      const subscription = named(request);
      const seconds = request.ackDeadlineSeconds ?? 0;
      for (const ackId of request.ackIds ?? []) subscription.modifyDeadline(ackId, seconds * 1000);
      return {};
    }),
  };
}

function updateSubscription(
  subscription: Subscription,
  changes: SubscriptionResource,
  paths: readonly string[],
): SubscriptionResource {
  const fixed = paths.find((path) => UNCHANGEABLE.includes(path));
  if (paths.length === 0) throw invalidArgument('The update_mask names no field.');
  if (fixed !== undefined) throw invalidArgument(`The field ${fixed} cannot be changed.`);
  subscription.update(applyMask(subscription.resource(), changes, paths));
  return subscription.resource();
}

function requirePull(subscription: Subscription): Subscription {
  if (subscription.policy().endpoint === undefined) return subscription;
  throw new StatusError(
    status.FAILED_PRECONDITION,
    `${subscription.name} is a push subscription: it cannot be pulled.`,
  );
}

/** Waits until something about a subscription changed, at most so long. */
function changed(
  subscription: Subscription,
  milliseconds: number,
  cancelled: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      forget();
      clearTimeout(timer);
      resolve();
    };
    const forget = subscription.onChange(done);
    const timer = setTimeout(done, milliseconds);
    cancelled.addEventListener('abort', done, { once: true });
  });
}
