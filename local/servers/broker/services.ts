import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PublishEnd } from './faults';
import {
  invalidArgument,
  pageOf,
  readUpdate,
  type Request,
  StatusError,
  type SubscriptionResource,
  type TimeScale,
  toMilliseconds,
  type TopicResource,
  unary,
  unimplemented,
} from './grpc';
import { readMessages } from './message';
import type { Store } from './store';
import { leaseBatch, streamingPull, toReceivedMessage } from './streaming-pull';
import type { Subscription } from './subscription';

/** `google.pubsub.v1.Publisher` on a store. Snapshots and detaching are left out: UNIMPLEMENTED. */
export function createPublisherService(
  store: Store,
  publishEnd: () => PublishEnd = () => 'published',
): UntypedServiceImplementation {
  return {
    createTopic: unary((topic: TopicResource) => store.topics.create(topic)),
    getTopic: unary(({ topic }: Request<'GetTopicRequest'>) => store.topics.get(topic)),
    updateTopic: unary(({ topic, updateMask }: Request<'UpdateTopicRequest'>) => {
      const { name, applyTo } = readUpdate(topic, updateMask);
      return store.topics.replace(name, applyTo(store.topics.get(name)));
    }),
    deleteTopic: unary(({ topic }: Request<'DeleteTopicRequest'>) => {
      store.deleteTopic(topic);
      return {};
    }),
    listTopics: unary((request: Request<'ListTopicsRequest'>) => {
      const prefix = `${request.project}/`;
      const all = store.topics.list().filter(({ name }) => name?.startsWith(prefix));
      const { items, nextPageToken } = pageOf(all, request);
      return { topics: items, nextPageToken };
    }),
    listTopicSubscriptions: unary((request: Request<'ListTopicSubscriptionsRequest'>) => {
      const { name: topic } = store.topics.get(request.topic);
      const all = store
        .subscriptions()
        .filter((subscription) => subscription.resource().topic === topic);
      const { items, nextPageToken } = pageOf(all, request);
      return { subscriptions: items.map(({ name }) => name), nextPageToken };
    }),
    publish: unary(({ topic, messages }: Request<'PublishRequest'>) => {
      const end = publishEnd();
      const messageIds = end === 'refused' ? [] : store.publish(topic, readMessages(messages));
      if (end === 'published') return { messageIds };
      throw new StatusError(status.PERMISSION_DENIED, 'The publish is refused on purpose.');
    }),
  };
}

/** Pull "may wait a bounded amount of time" for a first message (pubsub.proto): this long, in milliseconds. */
const PULL_WAIT = 3_000;
const UNCHANGEABLE = ['name', 'topic', 'filter'];

/** `google.pubsub.v1.Subscriber` on a store. Snapshots are left out: UNIMPLEMENTED. */
export function createSubscriberService(
  store: Store,
  timeScale: TimeScale,
): UntypedServiceImplementation {
  const named: Find = ({ subscription }) => store.subscription(subscription);
  return { ...administration(store, named), ...delivery(store, named, timeScale) };
}

type Find = (request: { readonly subscription: string }) => Subscription;

function administration(store: Store, named: Find): UntypedServiceImplementation {
  return {
    createSubscription: unary((resource: SubscriptionResource) =>
      store.createSubscription(resource).resource(),
    ),
    getSubscription: unary((request: Request<'GetSubscriptionRequest'>) =>
      named(request).resource(),
    ),
    listSubscriptions: unary((request: Request<'ListSubscriptionsRequest'>) => {
      const prefix = `${request.project}/`;
      const all = store.subscriptions().filter(({ name }) => name.startsWith(prefix));
      const { items, nextPageToken } = pageOf(all, request);
      return { subscriptions: items.map((subscription) => subscription.resource()), nextPageToken };
    }),
    updateSubscription: unary((request: Request<'UpdateSubscriptionRequest'>) => {
      const { name, fields, applyTo } = readUpdate(request.subscription, request.updateMask);
      const fixed = fields.find((field) => UNCHANGEABLE.includes(field));
      if (fixed !== undefined) throw invalidArgument(`The field ${fixed} cannot be changed.`);
      const subscription = store.subscription(name);
      subscription.update(applyTo(subscription.resource()));
      return subscription.resource();
    }),
    modifyPushConfig: unary((request: Request<'ModifyPushConfigRequest'>) => {
      const subscription = named(request);
      subscription.update({ ...subscription.resource(), pushConfig: request.pushConfig });
      return {};
    }),
    deleteSubscription: unary(({ subscription }: Request<'DeleteSubscriptionRequest'>) => {
      store.deleteSubscription(subscription);
      return {};
    }),
    seek: unary((request: Request<'SeekRequest'>) => {
      if (request.time === null) throw unimplemented('snapshots: seek to a time');
      named(request).seek(toMilliseconds(request.time));
      return {};
    }),
  };
}

function delivery(store: Store, named: Find, timeScale: TimeScale): UntypedServiceImplementation {
  return {
    pull: unary(async (request: Request<'PullRequest'>, cancelled) => {
      const subscription = requirePull(named(request));
      if (request.maxMessages < 1) throw invalidArgument('max_messages must be at least 1.');
      const take = () => leaseBatch(subscription, request.maxMessages);
      let leases = take();
      if (leases.length === 0 && !request.returnImmediately) {
        await changed(subscription, PULL_WAIT / timeScale.waits, cancelled);
        if (!cancelled.aborted) leases = take();
      }
      return { receivedMessages: leases.map((lease) => toReceivedMessage(subscription, lease)) };
    }),
    streamingPull: streamingPull((name) => requirePull(store.subscription(name))),
    acknowledge: unary((request: Request<'AcknowledgeRequest'>) => {
      const subscription = named(request);
      for (const ackId of request.ackIds) subscription.settle(ackId, 'acked');
      return {};
    }),
    modifyAckDeadline: unary((request: Request<'ModifyAckDeadlineRequest'>) => {
      const subscription = named(request);
      const milliseconds = request.ackDeadlineSeconds * 1000;
      for (const ackId of request.ackIds) subscription.modifyDeadline(ackId, milliseconds);
      return {};
    }),
  };
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
