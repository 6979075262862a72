import * as z from 'zod';
import { FAILURES } from '../delivery/failures';
import type { PubSubMessage } from '../events/envelope';
import type { Events } from '../jobs/events';

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

const SOURCE_SUBSCRIPTION = 'CloudPubSubDeadLetterSourceSubscription';
/** The reason shown for letters that Pub/Sub itself has written. */
const UNDELIVERED = 'undelivered';
/** The reason shown where a letter has none. */
const UNKNOWN = 'unknown';

/** Every reason that a letter can be shown with, those of older versions apart. */
export const LETTER_REASONS: readonly string[] = [...Object.keys(FAILURES), UNDELIVERED, UNKNOWN];

/** What a job or a push says of itself, where the letter's attributes do not. */
const About = z.object({
  source: z.string().optional(),
  target: z.string().optional(),
  rule: z.string().optional(),
  tag: z.string().optional(),
  digest: z.string().optional(),
});

/** `sourceOf` tells what an event is about: its message may name no `source`. */
export function readDeadLetter(message: PubSubMessage, sourceOf: Events['sourceOf']): DeadLetter {
  const { attributes } = message;
  const data = Buffer.from(message.data).toString('utf8');
  // What the message itself says comes first: its attributes were left to whoever published it.
  const source = sourceOf(message);
  const told = source !== undefined && { source };
  const about = { ...attributes, ...readAbout(data), ...told };
  const claimed = isOfPubSub(attributes) ? undefined : attributes['messageId'];
  return {
    messageId: claimed ?? message.id,
    ...readEnd(attributes),
    ...pick(about, ['function', 'source', 'target', 'rule']),
    time: message.publishTime,
    data,
  };
}

/** Pub/Sub leaves a message its own attributes, among which nobody but its publisher has put a `messageId`. */
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
    remedy: 'See the log of its function for the cause, mend it, then replay.',
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
