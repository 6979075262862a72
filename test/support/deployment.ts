import { getTestServer } from '@google-cloud/functions-framework/testing';
import request from 'supertest';
import type { Broker } from '../../local/broker/broker';

/** The variables that name a topic (infra/functions.tf), and the topic of each. */
const TOPICS = {
  COPY_JOBS_TOPIC: 'copy-jobs',
  COPY_RETRIES_TOPIC: 'copy-retries',
  DEAD_LETTER_TOPIC: 'dead-letters',
  RECONCILE_TOPIC: 'reconcile',
};

export function topicNamed(name: string): string {
  return `projects/vendor/topics/${name}`;
}

export function subscriptionNamed(name: string): string {
  return `projects/vendor/subscriptions/${name}`;
}

/**
 * Makes the topics that functions publish to, each with a subscription of the same name that is pulled, and gives the
 * environment of a function that publishes there.
 */
export function deployTopics(broker: Broker): Record<string, string> {
  const names = Object.entries(TOPICS).map(([variable, name]): [string, string] => {
    broker.createTopic(topicNamed(name));
    broker.createSubscription({ name: subscriptionNamed(name), topic: topicNamed(name) });
    return [variable, topicNamed(name)];
  });
  return {
    ...Object.fromEntries(names),
    PUBSUB_EMULATOR_HOST: broker.address,
    METADATA_SERVER_DETECTION: 'none',
  };
}

/** The body of a push, as Pub/Sub wraps a message: `content` is its data, as JSON unless it is text. */
export function pushOf(content: unknown, attributes: object = {}): object {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const message = {
    data: Buffer.from(text).toString('base64'),
    attributes,
    messageId: '11',
    publishTime: new Date().toISOString(),
  };
  return { message, subscription: 's' };
}

/** Delivers a message of a topic to a function of this process, under the framework. */
export function deliverTo(
  target: string,
  topic: string,
  content: unknown,
  attributes?: object,
): request.Test {
  return request(getTestServer(target))
    .post(`/${topicNamed(topic)}`)
    .send(pushOf(content, attributes));
}
