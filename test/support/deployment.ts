import { getTestServer } from '@google-cloud/functions-framework/testing';
import request from 'supertest';
import type { Broker } from '../../local/servers/broker/broker';
import { pubsubEnvironment } from '../../local/stack/functions';
import { topicName } from '../../local/subscriptions';

const PROJECT = 'vendor';
const TOPICS = ['copy-jobs', 'copy-retries', 'plan-retries', 'dead-letters', 'reconcile'];

export function topicNamed(name: string): string {
  return topicName(PROJECT, name);
}

export function subscriptionNamed(name: string): string {
  return `projects/${PROJECT}/subscriptions/${name}`;
}

/**
 * Makes the topics that functions publish to, each with a subscription of the same name that is pulled, and gives the
 * environment of a function that publishes there.
 */
export function deployTopics(broker: Broker): Record<string, string> {
  for (const name of TOPICS) {
    broker.createTopic(topicNamed(name));
    broker.createSubscription({ name: subscriptionNamed(name), topic: topicNamed(name) });
  }
  return pubsubEnvironment(PROJECT, broker.address);
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
