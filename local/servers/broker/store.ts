import type { Dispatcher } from 'undici';
import type { PlanArrivals } from './faults';
import {
  alreadyExists,
  invalidArgument,
  notFound,
  type SubscriptionResource,
  type TimeScale,
  type TopicResource,
} from './grpc';
import type { MessageContent } from './message';
import { startPushing } from './push';
import { type Counters, createSubscription, type Subscription, sumCounters } from './subscription';

/** Topics, subscriptions and the way between them. Every method throws {@link StatusError} as Pub/Sub answers. */
export interface Store {
  readonly topics: Omit<Topics, 'delete'>;
  /** Its subscriptions stay, without a topic, as in Pub/Sub. */
  deleteTopic(name: string): void;
  /** Returns the new messages' ids, in order. */
  publish(topic: string, contents: readonly MessageContent[]): string[];
  createSubscription(resource: SubscriptionResource): Subscription;
  subscription(name: string): Subscription;
  subscriptions(): Subscription[];
  deleteSubscription(name: string): void;
  /** Of all subscriptions together; `published` counts messages, whether subscriptions took them or not. */
  counters(): Counters;
  /** Calls back whenever a subscription changed. Returns the way to stop it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface StoreOptions {
  readonly dispatcher: Dispatcher;
  readonly planArrivals: PlanArrivals;
  readonly timeScale: TimeScale;
  readonly largestWindow: number;
}

const DELETED_TOPIC = '_deleted-topic_';
const SEVEN_DAYS = { seconds: 7 * 24 * 3600 };

export function createStore(options: StoreOptions): Store {
  const topics = createTopics();
  const running = new Map<string, Running>();
  const listeners = new Set<() => void>();
  const subscriptions = () => [...running.values()].map(({ subscription }) => subscription);
  let published = 0;

  const publish = (topic: string, contents: readonly MessageContent[]): string[] => {
    topics.get(topic);
    const messages = contents.map((content) => ({
      orderingKey: '',
      ...content,
      messageId: String(++published),
      publishTime: Date.now(),
    }));
    for (const subscription of subscriptions()) {
      if (subscription.resource().topic === topic) messages.forEach(subscription.enqueue);
    }
    return messages.map(({ messageId }) => messageId);
  };
  const forward = (topic: string, content: MessageContent): boolean => {
    if (!topics.has(topic)) return false;
    publish(topic, [content]);
    return true;
  };

  return {
    topics,
    deleteTopic(name) {
      topics.delete(name);
      for (const subscription of subscriptions()) detach(subscription, name);
    },
    publish,
    createSubscription(given) {
      const name = checkName(given.name, 'subscriptions');
      if (running.has(name)) throw alreadyExists(name);
      topics.get(given.topic ?? '');
      const resource = {
        ...given,
        name,
        ackDeadlineSeconds: given.ackDeadlineSeconds || 10,
        messageRetentionDuration: given.messageRetentionDuration ?? SEVEN_DAYS,
      };
      const subscription = createSubscription(resource, { ...options, forward });
      subscription.onChange(() => listeners.forEach((listener) => listener()));
      running.set(name, { subscription, stopPushing: startPushing({ ...options, subscription }) });
      return subscription;
    },
    subscription: (name) => found(running, name).subscription,
    subscriptions,
    deleteSubscription(name) {
      stop(found(running, name));
      running.delete(name);
    },
    counters: () => ({ ...sumCounters(subscriptions().map((each) => each.counters())), published }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => running.forEach(stop),
  };
}

function detach(subscription: Subscription, topic: string): void {
  const resource = subscription.resource();
  if (resource.topic === topic) subscription.update({ ...resource, topic: DELETED_TOPIC });
}

interface Running {
  readonly subscription: Subscription;
  readonly stopPushing: () => void;
}

function stop({ subscription, stopPushing }: Running): void {
  stopPushing();
  subscription.clear();
}

/** The topics by name. Every method throws {@link StatusError} as Pub/Sub answers. */
interface Topics {
  create(topic: TopicResource): TopicResource;
  replace(name: string, topic: TopicResource): TopicResource;
  get(name: string): TopicResource;
  has(name: string): boolean;
  list(): TopicResource[];
  delete(name: string): void;
}

function createTopics(): Topics {
  const topics = new Map<string, TopicResource>();
  const get = (name: string) => found(topics, name);
  const put = (name: string, topic: TopicResource) => {
    topics.set(name, topic);
    return topic;
  };
  return {
    create(topic) {
      const name = checkName(topic.name, 'topics');
      if (topics.has(name)) throw alreadyExists(name);
      return put(name, topic);
    },
    replace(name, topic) {
      get(name);
      return put(name, topic);
    },
    get,
    has: (name) => topics.has(name),
    list: () => [...topics.values()],
    delete(name) {
      get(name);
      topics.delete(name);
    },
  };
}

/** @throws {StatusError} INVALID_ARGUMENT unless it is `projects/PROJECT/<collection>/NAME` as Pub/Sub allows it */
function checkName(
  name: string | null | undefined,
  collection: 'topics' | 'subscriptions',
): string {
  const last = /^projects\/[^/]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][\w.~+%-]{2,254}$/.exec(
    name ?? '',
  );
  if (name && last?.[1] === collection) return name;
  throw invalidArgument(
    `Invalid [${collection}] name: (name=${String(name)}). It must be projects/PROJECT/${collection}/NAME, NAME of 3 to 255 letters, digits and -._~+%, a letter first, not starting with "goog".`,
  );
}

/** @throws {StatusError} NOT_FOUND */
function found<Resource>(resources: ReadonlyMap<string, Resource>, name: string): Resource {
  const resource = resources.get(name);
  if (resource === undefined) throw notFound(name);
  return resource;
}
