import { firstAttributes, historyOf, republish, type OutgoingMessage } from '../jobs/copy-job';
import { isPublishable } from '../jobs/dead-letter';
import type { Publish } from '../jobs/publisher';
import type { PubSubMessage } from '../events/envelope';
import type { WriteAssessment } from './work-error';
import { releaseEventOf, type StatusChange, type Release } from './release-event';

/** The part of a logger that deliveries need; `fields` come first, as pino has it. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Queues {
  /**
   * The topic where a job starts, and where unfinished work continues. Unset for a function whose work fits in one
   * delivery.
   */
  readonly main?: string;
  /**
   * The topic for messages that failed transiently. Pub/Sub slows down a push subscription whose endpoint often
   * refuses, so only deliveries from this queue are refused.
   */
  readonly retry: string;
}

/** Topics and publisher. */
export interface Outbox {
  readonly publish: Publish;
  /** The topic of release events. Unset if none are published. */
  readonly releaseEventsTopic?: string;
  /** The function's own topics. Unset if a transient failure is refused at once. */
  readonly queues?: Queues;
}

/** The delivery that publishes something. */
export interface DeliveryContext {
  readonly deps: Outbox;
  readonly log: Log;
  readonly fields: object;
  /** The result, for people. */
  readonly what: string;
}

/**
 * Refuses the delivery. The framework prints the error's stack to standard error, where Cloud Logging would count it as
 * a failure of the function. The stack is therefore a structured DEBUG entry; another entry has the reason.
 */
export class RedeliverError extends Error {
  override readonly name = 'RedeliverError';
  constructor(message: string, options: ErrorOptions) {
    super(message, options);
    this.stack = JSON.stringify({ severity: 'DEBUG', message });
  }
}

/**
 * Returns true if refusing the delivery is enough to retry the job: it is, or may be, on the retry queue, and its
 * history has not changed.
 */
export function staysInQueue(
  queues: Queues,
  { topic }: PubSubMessage,
  isFirstReport: boolean,
): boolean {
  return [queues.retry, undefined].includes(topic) && !isFirstReport;
}

/**
 * Returns the message with the history that can be trusted. Only this system publishes to its own topics; for any other
 * message the history starts here, whatever its attributes claim.
 */
export function withTrustedHistory(
  queues: Queues | undefined,
  message: PubSubMessage,
): PubSubMessage {
  const isOwn = queues === undefined || queues.main !== undefined || queues.retry === message.topic;
  return isOwn ? message : { ...message, attributes: firstAttributes(message.attributes) };
}

/** A message and its release. Without a release no release event is published. */
interface Notified {
  readonly message: PubSubMessage;
  readonly release?: Release;
}

/**
 * Publishes the release event before the ack, so that it is sent at least once. Resolves with the error if that failed.
 */
export async function notify(
  { deps }: DeliveryContext,
  { message, release }: Notified,
  statusChange: StatusChange,
): Promise<{ readonly cause: unknown } | undefined> {
  const topic = deps.releaseEventsTopic;
  if (topic === undefined || release === undefined) return undefined;
  try {
    await send(deps, topic, releaseEventOf(topic, release, statusChange, historyOf(message).since));
    return undefined;
  } catch (cause) {
    return { cause };
  }
}

/**
 * Retries an unpublished release event on the retry queue: it must neither slow down the main queue nor lose an
 * unconfirmed write.
 */
export async function notifyAgain(
  context: DeliveryContext,
  message: PubSubMessage,
  assessment: WriteAssessment,
  { cause }: { readonly cause: unknown },
): Promise<string> {
  const { deps, log, fields, what } = context;
  const stays = !deps.queues || staysInQueue(deps.queues, message, assessment.isFirstReport);
  const outcome = stays ? 'refused' : 'retrying';
  log.error({ ...fields, cause, outcome }, 'Release event not published; retrying');
  return toRetryQueue(
    { ...context, what: `${what}; release event will be retried` },
    message,
    assessment,
    cause,
  );
}

/** Moves the job to the retry queue; a job that is there already, with an unchanged history, is refused instead. */
export async function toRetryQueue(
  context: DeliveryContext,
  message: PubSubMessage,
  { history, isFirstReport }: WriteAssessment,
  cause?: unknown,
): Promise<string> {
  const { queues } = context.deps;
  if (!queues || staysInQueue(queues, message, isFirstReport)) return refuse(context.what, cause);
  await publish(context, queues.retry, republish(message, history));
  return context.what;
}

/**
 * Publishes a message that must be confirmed before the ack. If Pub/Sub rejects it, the delivery is refused, and in the
 * end Pub/Sub dead-letters it.
 */
export async function publish(
  context: DeliveryContext,
  topic: string,
  message: OutgoingMessage,
): Promise<void> {
  const { deps, log, fields, what } = context;
  try {
    await send(deps, topic, message);
  } catch (cause) {
    const refused = { ...fields, cause, outcome: 'refused' };
    log.error(refused, 'Publish failed; redelivery requested');
    refuse(what, cause);
  }
}

async function send(
  { publish: publishTo }: Outbox,
  topic: string,
  message: OutgoingMessage,
): Promise<void> {
  if (!isPublishable(message))
    throw new TypeError(`the message exceeds the size limit of ${topic}`);
  await publishTo(topic, [message]);
}

export function refuse(what: string, cause: unknown): never {
  throw new RedeliverError(`redelivery requested: ${what}`, { cause });
}
