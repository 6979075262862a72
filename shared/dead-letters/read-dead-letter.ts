import * as z from 'zod';
import { FAILURES } from '../delivery/failures';
import type { PubSubMessage } from '../events/envelope';
import type { Events } from '../jobs/events';

/** A dead letter for people, written by one of the functions or, after too many deliveries, by Pub/Sub. */
export interface DeadLetter {
  /** The ID of the original message. It identifies copies of one dead letter. */
  readonly messageId: string;
  readonly reason: string;
  readonly error: string;
  readonly remedy: string;
  readonly function?: string;
  readonly source?: string;
  readonly target?: string;
  readonly rule?: string;
  /** The time when it was dead-lettered. */
  readonly time: Date;
  /** The original's data. */
  readonly data: string;
}

const SOURCE_SUBSCRIPTION = 'CloudPubSubDeadLetterSourceSubscription';
/** The reason shown for dead letters that Pub/Sub wrote. */
const UNDELIVERED = 'undelivered';
/** The reason shown for dead letters without one. */
const UNKNOWN = 'unknown';

/** Every reason that a dead letter can be shown with, except those of older versions. */
export const LETTER_REASONS: readonly string[] = [...Object.keys(FAILURES), UNDELIVERED, UNKNOWN];

/** The fields of a job or an event that the attributes of the dead letter lack. */
const About = z.object({
  source: z.string().optional(),
  target: z.string().optional(),
  rule: z.string().optional(),
  tag: z.string().optional(),
  digest: z.string().optional(),
});

/** `sourceOf` returns the subject of an event whose message has no `source`. */
export function readDeadLetter(message: PubSubMessage, sourceOf: Events['sourceOf']): DeadLetter {
  const { attributes } = message;
  const data = Buffer.from(message.data).toString('utf8');
  // The message takes precedence: any publisher can write its attributes.
  const source = sourceOf(message);
  const reported = source !== undefined && { source };
  const about = { ...attributes, ...readAbout(data), ...reported };
  const claimed = isOfPubSub(attributes) ? undefined : attributes['messageId'];
  return {
    messageId: claimed ?? message.id,
    ...readEnd(attributes),
    ...pick(about, ['function', 'source', 'target', 'rule']),
    time: message.publishTime,
    data,
  };
}

/** Pub/Sub keeps a message's own attributes; only a function of ours adds a `messageId`. */
function isOfPubSub(attributes: PubSubMessage['attributes']): boolean {
  return attributes[SOURCE_SUBSCRIPTION] !== undefined;
}

function readEnd(attributes: PubSubMessage['attributes']) {
  const subscription = attributes[SOURCE_SUBSCRIPTION];
  const count = attributes['CloudPubSubDeadLetterSourceDeliveryCount'];
  if (subscription === undefined) {
    return {
      reason: attributes['reason'] ?? UNKNOWN,
      error: attributes['error'] ?? '',
      remedy: attributes['remedy'] ?? '',
    };
  }
  return {
    reason: UNDELIVERED,
    error: `${count ?? 'too many'} deliveries of subscription ${subscription} failed`,
    remedy: 'See the log of its function for the cause, fix it, then replay.',
  };
}

function readAbout(data: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return {};
  }
  const parsed = About.safeParse(value);
  if (!parsed.success) return {};
  const { tag, digest, source = tag ?? digest, target, rule } = parsed.data;
  return {
    ...(source !== undefined && { source }),
    ...(target !== undefined && { target }),
    ...(rule !== undefined && { rule }),
  };
}

function pick<Key extends string>(
  values: Readonly<Record<string, string>>,
  keys: readonly Key[],
): Partial<Record<Key, string>> {
  return Object.fromEntries(
    keys.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]])),
  ) as Partial<Record<Key, string>>;
}
