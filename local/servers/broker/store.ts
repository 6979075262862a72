import type { Dispatcher } from 'undici';
import { type Counters, sumCounters } from './counters';
import type { PlanArrivals } from './faults';
import type { MessageContent } from './message';
import { checkName, found } from './names';
import type { SubscriptionResource } from './pubsub-api';
import { startPushing } from './push';
import { alreadyExists } from './status-error';
import { type Subscription, createSubscription } from './subscription';
import type { TimeScale } from './time';
import { type Topics, createTopics } from './topics';

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
