import type { Message as PublishedMessage } from '../../../local/servers/broker/message';

export interface Message extends PublishedMessage {
  /** Full name: `projects/P/topics/T`. */
  readonly topic: string;
}

/** What functions.cloudEvent() hands to a function for a push of Pub/Sub. */
export function eventOf({ messageId, topic, data, attributes, publishTime }: Message): unknown {
  const time = new Date(publishTime).toISOString();
  return {
    specversion: '1.0',
    id: messageId,
    type: 'google.cloud.pubsub.topic.v1.messagePublished',
    source: `//pubsub.googleapis.com/${topic}`,
    time,
    data: {
      message: {
        data: data.toString('base64'),
        attributes: { ...attributes },
        messageId,
        publishTime: time,
      },
    },
  };
}
