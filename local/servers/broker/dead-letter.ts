import type { Message, MessageContent } from './message';

/**
 * What Pub/Sub publishes when it gives a message up: data, attributes and key as they were, and where it comes from
 * (https://docs.cloud.google.com/pubsub/docs/handling-failures#track_dead_letter_attempts).
 */
export function toDeadLetter(
  message: Message,
  subscription: string,
  attempts: number,
): MessageContent {
  const [, project = '', , shortName = ''] = subscription.split('/');
  return {
    data: message.data,
    orderingKey: message.orderingKey,
    attributes: {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
      CloudPubSubDeadLetterSourceSubscription: shortName,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishTime).toISOString(),
    },
  };
}
