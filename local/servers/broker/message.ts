import { fromMilliseconds, invalidArgument, type PubsubMessage } from './grpc';

/** A published message. */
export interface Message {
  readonly messageId: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
  /** Milliseconds since the epoch. */
  readonly publishTime: number;
}

/** What a publisher gives; the rest is Pub/Sub's. */
export interface MessageContent {
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
}

/** Pub/Sub's own limits (https://docs.cloud.google.com/pubsub/quotas#resource_limits). */
export const MESSAGE_LIMITS = {
  messagesInRequest: 1000,
  bytes: 10 * 1024 * 1024,
  attributes: 100,
  attributeKeyBytes: 256,
  attributeValueBytes: 1024,
} as const;

/**
 * Reads the messages of a publish request.
 *
 * @throws {StatusError} INVALID_ARGUMENT: no or too many messages, an empty or too large one, attributes beyond the limits
 */
export function readMessages(messages: readonly PubsubMessage[]): MessageContent[] {
  if (messages.length === 0) throw invalidArgument('A publish request must have messages.');
  const max = MESSAGE_LIMITS.messagesInRequest;
  if (messages.length > max) {
    throw invalidArgument(
      `A publish request may have ${max} messages; this one has ${messages.length}.`,
    );
  }
  const contents = messages.map(readMessage);
  const bytes = contents.reduce((sum, content) => sum + sizeOf(content), 0);
  if (bytes > MESSAGE_LIMITS.bytes) throw tooLarge('request_size', bytes);
  return contents;
}

function readMessage(message: PubsubMessage): MessageContent {
  const content = {
    data: toBuffer(message.data),
    attributes: { ...message.attributes },
    orderingKey: message.orderingKey ?? '',
  };
  const attributes = Object.entries(content.attributes);
  if (content.data.length === 0 && attributes.length === 0) {
    throw invalidArgument('A message must have data or at least one attribute.');
  }
  if (attributes.length > MESSAGE_LIMITS.attributes) {
    throw invalidArgument(
      `A message may have ${MESSAGE_LIMITS.attributes} attributes; this one has ${attributes.length}.`,
    );
  }
  for (const [key, value] of attributes) checkAttribute(key, value);
  const bytes = sizeOf(content);
  if (bytes > MESSAGE_LIMITS.bytes) throw tooLarge('message_size', bytes);
  return content;
}

function checkAttribute(key: string, value: string): void {
  const { attributeKeyBytes, attributeValueBytes } = MESSAGE_LIMITS;
  const shown = JSON.stringify(key.slice(0, 40));
  if (key === '' || Buffer.byteLength(key) > attributeKeyBytes) {
    throw invalidArgument(`The attribute key ${shown} must have 1 to ${attributeKeyBytes} bytes.`);
  }
  if (key.startsWith('goog')) {
    throw invalidArgument(`The attribute key ${shown} must not start with "goog".`);
  }
  if (Buffer.byteLength(value) > attributeValueBytes) {
    throw invalidArgument(
      `The value of attribute ${shown} may have ${attributeValueBytes} bytes; it has ${Buffer.byteLength(value)}.`,
    );
  }
}

function tooLarge(what: string, bytes: number): Error {
  return invalidArgument(
    `The value for ${what} is too large. You passed ${bytes} in the request, but the maximum value is ${MESSAGE_LIMITS.bytes}.`,
  );
}

function toBuffer(data: PubsubMessage['data']): Buffer {
  if (data == null) return Buffer.alloc(0);
  return typeof data === 'string' ? Buffer.from(data, 'base64') : Buffer.from(data);
}

/** Data and attributes, as Pub/Sub counts a message's bytes. */
export function sizeOf({ data, attributes }: MessageContent): number {
  return Object.entries(attributes).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    data.length,
  );
}

/** A message as pull and streaming pull give it. */
export function toPubsubMessage(message: Message): PubsubMessage {
  return { ...message, publishTime: fromMilliseconds(message.publishTime) };
}

/** The JSON body of a wrapped push. Like Pub/Sub's, it leaves out what is empty, and says id and time in both spellings. */
export function toPushBody(
  message: Message,
  subscription: string,
  deliveryAttempt?: number,
): string {
  const { messageId, data, attributes, orderingKey } = message;
  const publishTime = new Date(message.publishTime).toISOString();
  return JSON.stringify({
    message: {
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(data.length > 0 && { data: data.toString('base64') }),
      messageId,
      message_id: messageId,
      ...(orderingKey !== '' && { orderingKey }),
      publishTime,
      publish_time: publishTime,
    },
    subscription,
    deliveryAttempt,
  });
}

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
