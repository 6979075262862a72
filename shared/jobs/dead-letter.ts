import type { PubSubMessage } from '../events/envelope';
import { firstAttributes, withoutPubSubAttributes, type OutgoingMessage } from './copy-job';

/** The reason for a dead letter, for people. */
export interface FailureReport {
  /** The function that wrote it: `planCopies`, `copyArtifact`. */
  readonly function: string;
  /** A reason code of the failure table. */
  readonly reason: string;
  /** The error, in one sentence. */
  readonly error: string;
  /** How to fix it. */
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

/** Returns a message with the original data and attributes, the report, and the original's ID as `messageId`. */
export function deadLetterOf(message: PubSubMessage, report: FailureReport): OutgoingMessage {
  const ours = defined({ ...report, messageId: message.id || undefined });
  const theirs = Object.entries(withoutPubSubAttributes(message.attributes))
    .filter(
      ([key]) => key !== '' && !Object.hasOwn(ours, key) && Buffer.byteLength(key) <= MAX_KEY_BYTES,
    )
    .slice(0, MAX_ATTRIBUTES - Object.keys(ours).length);
  return {
    data: message.data,
    attributes: Object.fromEntries(
      [...theirs, ...Object.entries(ours)].map(([key, value]) => [key, cut(value)]),
    ),
  };
}

/** The attributes that {@link deadLetterOf} sets. They may differ between two dead letters of one message. */
const OURS: Readonly<Record<keyof FailureReport | 'messageId', true>> = {
  function: true,
  reason: true,
  error: true,
  remedy: true,
  source: true,
  target: true,
  rule: true,
  messageId: true,
};

/** Returns the attributes with which a dead letter's message was first published, where the report kept them. */
export function withoutReport(
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(firstAttributes(attributes)).filter(([key]) => !Object.hasOwn(OURS, key)),
  );
}

/** Returns true if Pub/Sub accepts a message of this size. A message just below the limit has no room for a report. */
export function isPublishable({ data, attributes }: OutgoingMessage): boolean {
  const bytes = Object.entries(attributes)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), data.byteLength);
  return bytes <= MAX_MESSAGE_BYTES;
}

function defined(report: object): Record<string, string> {
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined));
}

function cut(value: string): string {
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return value;
  const room = Buffer.from(value).subarray(0, MAX_VALUE_BYTES - Buffer.byteLength('…'));
  // A character cut in half at the end decodes to U+FFFD.
  return `${room.toString('utf8').replace(/\uFFFD+$/, '')}…`;
}
