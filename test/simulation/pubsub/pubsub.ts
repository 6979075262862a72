import { parseFilter } from '../../../local/servers/broker/filter';
import { deployedSubscriptions, topicName } from '../../../local/subscriptions';
import { PublishError, type Publish } from '../../../shared/jobs/publisher';
import type { OutgoingMessage } from '../../../shared/jobs/copy-job';
import type { Random } from '../../support/random';
import { EPOCH } from '../time/clock';
import type { Life } from '../time/life';
import type { Scheduler } from '../time/scheduler';
import type { Trace } from '../trace';
import type { Message } from './message';
import {
  createSubscription,
  type Pushed,
  type Subscription,
  type SubscriptionDeps,
} from './subscription';

export const PROJECT = 'simulation';

export interface PubsubDeps extends Pick<SubscriptionDeps, 'unrest'> {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly trace: Trace;
  /** Posts a message to a function, by its folder. */
  readonly push: (name: string, delivery: Pushed) => void;
  /** How the next publish goes; asked for each message. */
  readonly publishing: () => Publishing;
  /** Called with each process that could not publish, as it learns of it. */
  readonly onUnpublished: (life: Life) => void;
}

/** `lost`: it is published, and the publisher is told that it failed. */
export interface Publishing {
  readonly end: 'published' | 'failed' | 'lost';
  readonly milliseconds: number;
}

export interface Pubsub {
  /** By whoever is no part of the product, and never fails. `topic` is a short name. */
  readonly publish: (
    topic: string,
    data: string,
    attributes?: OutgoingMessage['attributes'],
  ) => void;
  /** What one process publishes by. */
  readonly publisherFor: (life: Life) => Publish;
  /** All that was ever published to the topic (short name), the oldest first. */
  readonly published: (topic: string) => readonly Message[];
  /** What no function has acknowledged yet. */
  readonly open: () => readonly Message[];
}

/** The topics and subscriptions that are deployed. */
export function createPubsub(deps: PubsubDeps): Pubsub {
  const { scheduler, random, trace } = deps;
  const log = new Map<string, Message[]>();
  const subscriptions = new Map<string, (readonly [Wanted, Subscription])[]>();
  let serial = 0;

  const accept = (topic: string, { data, attributes }: OutgoingMessage): void => {
    const messageId = String(++serial);
    const publishTime = Math.floor(EPOCH + scheduler.now());
    const content = { data: Buffer.from(data), attributes, orderingKey: '' };
    const message = { ...content, messageId, topic, publishTime };
    const { subject, cause } = about(message);
    trace.tell('pubsub', `${topic.split('/').at(-1)} has message ${messageId}${cause}: ${subject}`);
    log.set(topic, [...(log.get(topic) ?? []), message]);
    for (const [isWanted, subscription] of subscriptions.get(topic) ?? []) {
      if (isWanted(attributes)) subscription.take(message);
    }
  };

  for (const [name, settings] of Object.entries(deployedSubscriptions())) {
    if (!('function' in settings)) continue;
    const topic = topicName(PROJECT, settings.topic);
    const subscription = createSubscription(
      { name, ...settings },
      {
        scheduler,
        trace,
        random: random.fork(),
        unrest: deps.unrest,
        push: (delivery) => deps.push(settings.function, delivery),
        giveUp: (message) => accept(topicName(PROJECT, settings.deadLetterTopic), message),
      },
    );
    const { filter } = settings;
    const isWanted: Wanted = filter === undefined ? () => true : parseFilter(filter);
    subscriptions.set(topic, [...(subscriptions.get(topic) ?? []), [isWanted, subscription]]);
  }

  const publishOne = (life: Life, topic: string, message: OutgoingMessage): Promise<void> =>
    new Promise((resolve, reject) => {
      const { end, milliseconds } = deps.publishing();
      const effect = (): void => {
        if (end !== 'failed') accept(topic, message);
      };
      // Half of the way there, half of it back.
      const takeBack = scheduler.after(milliseconds / 2, effect);
      const forget = life.onEnd(() => {
        if (random.chance(0.5)) takeBack();
      });
      life.after(milliseconds, `a publish to ${topic}`, () => {
        forget();
        if (end === 'published') resolve();
        else reject(new Error(end === 'failed' ? 'UNAVAILABLE' : 'DEADLINE_EXCEEDED'));
      });
    });

  return {
    publish: (topic, data, attributes = {}) =>
      accept(topicName(PROJECT, topic), { data: Buffer.from(data), attributes }),
    publisherFor: (life) => async (topic, messages) => {
      const results = await Promise.allSettled(
        messages.map((message) => publishOne(life, topic, message)),
      );
      const failed = results.filter((result) => result.status === 'rejected');
      const [first] = failed;
      if (!first) return;
      deps.onUnpublished(life);
      trace.tell(life.name, `publishing ${failed.length} of ${messages.length} failed: ${topic}`);
      throw new PublishError(topic, failed.length, messages.length, first.reason);
    },
    published: (topic) => log.get(topicName(PROJECT, topic)) ?? [],
    open: () =>
      [...subscriptions.values()].flat().flatMap(([, subscription]) => [...subscription.open()]),
  };
}

type Wanted = (attributes: OutgoingMessage['attributes']) => boolean;

/** For the trace. */
function about({ data, attributes }: Message): {
  readonly subject: string;
  readonly cause: string;
} {
  const { reason, since } = attributes;
  const marks = [reason, since && `since ${since}`].filter(Boolean);
  return {
    subject: data.toString().slice(0, 300),
    cause: marks.length === 0 ? '' : ` (${marks.join(', ')})`,
  };
}
