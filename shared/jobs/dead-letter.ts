import type { PubSubMessage } from '../events/envelope';
import { withoutPubSubAttributes, type OutgoingMessage } from './copy-job';

/** Why a message was given up, for the person who reads the dead letter. */
export interface Epitaph {
  /** The function that gave up: `planCopies`, `copyArtifact`. */
  readonly function: string;
  /** A reason code of the failure table. */
  readonly reason: string;
  /** What happened, in a sentence. */
  readonly error: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly source?: string;
  readonly target?: string;
  readonly rule?: string;
}

/** Pub/Sub's limits (https://cloud.google.com/pubsub/quotas#resource_limits). */
const MAX_ATTRIBUTES = 100;
const MAX_VALUE_BYTES = 1024;
const MAX_KEY_BYTES = 256;
const MAX_MESSAGE_BYTES = 10_000_000;

/** The message with its original data and attributes, the epitaph beside them, and the original's id as `messageId`. */
export function deadLetterOf(message: PubSubMessage, epitaph: Epitaph): OutgoingMessage {
  const ours = { ...epitaph, ...(message.id !== '' && { messageId: message.id }) };
  const theirs = Object.entries(withoutPubSubAttributes(message.attributes))
    .filter(([key]) => key !== '' && !(key in ours) && Buffer.byteLength(key) <= MAX_KEY_BYTES)
    .slice(0, MAX_ATTRIBUTES - Object.keys(ours).length);
  return {
    data: message.data,
    attributes: Object.fromEntries(
      [...theirs, ...Object.entries(ours)].map(([key, value]) => [key, cut(value)]),
    ),
  };
}

/** Whether Pub/Sub takes a message of this size: one just below the limit has no room for an epitaph. */
export function isPublishable({ data, attributes }: OutgoingMessage): boolean {
  const bytes = Object.entries(attributes)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), data.byteLength);
  return bytes <= MAX_MESSAGE_BYTES;
}

function cut(value: string): string {
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return value;
  const room = Buffer.from(value).subarray(0, MAX_VALUE_BYTES - Buffer.byteLength('…'));
  // A character cut in half at the end decodes to U+FFFD.
  return `${room.toString('utf8').replace(/\uFFFD+$/, '')}…`;
}

/** A dead letter as people read it, whoever gave up: a function of ours, or Pub/Sub after too many deliveries. */
export interface DeadLetter {
  /** Of the message that was given up; a letter may come twice, and this tells. */
  readonly messageId: string;
  readonly reason: string;
  readonly error: string;
  readonly remedy: string;
  readonly function?: string;
  readonly source?: string;
  readonly target?: string;
  readonly rule?: string;
  /** When it was given up. */
  readonly time: Date;
  /** The original's data. */
  readonly data: string;
}

/** The reason shown for letters that Pub/Sub itself has written. */
const UNDELIVERED = 'undelivered';

export function readDeadLetter(message: PubSubMessage): DeadLetter {
  const { attributes } = message;
  const data = Buffer.from(message.data).toString('utf8');
  const subscription = attributes['CloudPubSubDeadLetterSourceSubscription'];
  const count = attributes['CloudPubSubDeadLetterSourceDeliveryCount'];
  const said =
    subscription === undefined
      ? {
          reason: attributes['reason'] ?? 'unknown',
          error: attributes['error'] ?? '',
          remedy: attributes['remedy'] ?? '',
        }
      : {
          reason: UNDELIVERED,
          error: `${count ?? 'too many'} deliveries of subscription ${subscription} failed`,
          remedy: 'See the log of its function for the cause, mend it, then replay.',
        };
  return {
    messageId: attributes['messageId'] ?? message.id,
    ...said,
    ...pick(attributes, ['function', 'source', 'target', 'rule']),
    time: message.publishTime,
    data,
  };
}

function pick<Key extends string>(
  attributes: Readonly<Record<string, string>>,
  keys: readonly Key[],
): Partial<Record<Key, string>> {
  return Object.fromEntries(
    keys.flatMap((key) => (attributes[key] === undefined ? [] : [[key, attributes[key]]])),
  ) as Partial<Record<Key, string>>;
}
