import { type MessageFilter, parseFilter } from './filter';
import {
  invalidArgument,
  type ProtobufTime,
  type SubscriptionResource,
  toMilliseconds,
  unimplemented,
} from './grpc';

/** How a subscription delivers: its resource with the defaults filled in, in milliseconds. */
export interface DeliveryPolicy {
  readonly ackDeadline: number;
  /** Absent: a refused message comes again at once. */
  readonly retry?: { readonly minimum: number; readonly maximum: number };
  readonly deadLetter?: { readonly topic: string; readonly maxAttempts: number };
  /** Where messages are pushed; absent: they are pulled. */
  readonly endpoint?: string;
  /** Which messages it delivers; absent: all. */
  readonly filter?: MessageFilter;
  readonly retainAcked: boolean;
  readonly retention: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * Reads and checks a subscription's settings, with the limits and defaults of pubsub.proto.
 *
 * @throws {StatusError} INVALID_ARGUMENT for a value out of range, UNIMPLEMENTED for a feature that this broker lacks
 */
export function readDeliveryPolicy(resource: SubscriptionResource): DeliveryPolicy {
  refuseMissingFeatures(resource);
  const retry = readRetry(resource);
  const deadLetter = readDeadLetter(resource);
  const endpoint = readEndpoint(resource);
  return {
    ackDeadline: inRange('ack_deadline_seconds', resource.ackDeadlineSeconds || 10, 10, 600) * 1000,
    retry,
    deadLetter,
    endpoint,
    ...(resource.filter && { filter: parseFilter(resource.filter) }),
    retainAcked: resource.retainAckedMessages ?? false,
    retention: readDuration(
      'message_retention_duration',
      resource.messageRetentionDuration,
      7 * DAY,
      10 * MINUTE,
      31 * DAY,
    ),
  };
}

function refuseMissingFeatures(resource: SubscriptionResource): void {
  const missing: [boolean, string][] = [
    [Boolean(resource.enableMessageOrdering), 'ordered delivery'],
    [Boolean(resource.enableExactlyOnceDelivery), 'exactly-once delivery'],
    [Boolean(resource.messageTransforms?.length), 'message transforms'],
    [Boolean(resource.bigqueryConfig), 'BigQuery subscriptions'],
    [Boolean(resource.bigtableConfig), 'Bigtable subscriptions'],
    [Boolean(resource.cloudStorageConfig), 'Cloud Storage subscriptions'],
    [Boolean(resource.pushConfig?.noWrapper), 'unwrapped push'],
  ];
  const feature = missing.find(([wanted]) => wanted);
  if (feature !== undefined) throw unimplemented(feature[1]);
}

function readRetry({ retryPolicy }: SubscriptionResource): DeliveryPolicy['retry'] {
  if (retryPolicy == null) return undefined;
  const longest = 10 * MINUTE;
  const minimum = readDuration('minimum_backoff', retryPolicy.minimumBackoff, 10_000, 0, longest);
  const maximum = readDuration('maximum_backoff', retryPolicy.maximumBackoff, longest, 0, longest);
  if (minimum > maximum)
    throw invalidArgument('minimum_backoff must not be above maximum_backoff.');
  return { minimum, maximum };
}

function readDeadLetter({ deadLetterPolicy }: SubscriptionResource): DeliveryPolicy['deadLetter'] {
  if (!deadLetterPolicy?.deadLetterTopic) return undefined;
  const maxAttempts = deadLetterPolicy.maxDeliveryAttempts || 5;
  return {
    topic: deadLetterPolicy.deadLetterTopic,
    maxAttempts: inRange('max_delivery_attempts', maxAttempts, 5, 100),
  };
}

function readEndpoint({ pushConfig }: SubscriptionResource): string | undefined {
  const endpoint = pushConfig?.pushEndpoint;
  if (!endpoint) return undefined;
  const { protocol } = URL.canParse(endpoint) ? new URL(endpoint) : { protocol: '' };
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw invalidArgument(`push_endpoint must be an HTTP URL, not ${JSON.stringify(endpoint)}.`);
  }
  return endpoint;
}

function readDuration(
  field: string,
  duration: ProtobufTime | null | undefined,
  missing: number,
  from: number,
  to: number,
): number {
  return inRange(field, duration == null ? missing : toMilliseconds(duration), from, to);
}

function inRange(field: string, value: number, from: number, to: number): number {
  if (value < from || value > to) {
    throw invalidArgument(`${field} must be from ${from} to ${to}, not ${value}.`);
  }
  return value;
}

/** Milliseconds until a message that was refused for the `attempts`th time comes again: doubling, as Pub/Sub's retry policy. */
export function retryDelay({ retry }: DeliveryPolicy, attempts: number): number {
  if (retry === undefined) return 0;
  return Math.min(retry.maximum, retry.minimum * 2 ** (attempts - 1));
}
