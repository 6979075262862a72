import { firstAttributes, historyOf, republish, type OutgoingMessage } from '../jobs/copy-job';
import { isPublishable } from '../jobs/dead-letter';
import type { Publish } from '../jobs/publisher';
import type { PubSubMessage } from '../events/envelope';
import type { WriteAssessment } from './unconfirmed-write';
import { noticeOf, type StatusChange, type Release } from './notice';

/** The part of a logger that deliveries need; `fields` come first, as pino has it. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Queues {
  /** Where a job starts, and where unfinished work continues. Unset for a function whose work fits in one delivery. */
  readonly main?: string;
  /**
   * Where a message waits after a transient failure. Pub/Sub slows down a whole push subscription whose endpoint refuses
   * often, so only this lane's deliveries are refused.
   */
  readonly retry: string;
}

/** What a delivery has to say, and whom to. */
export interface Outbox {
  readonly publish: Publish;
  /** Where what becomes of releases is told, if anywhere. */
  readonly noticesTopic?: string;
  /** The function's own topics; without them a transient failure is refused at once. */
  readonly queues?: Queues;
}

/** The delivery on whose behalf something is published. */
export interface DeliveryContext {
  readonly deps: Outbox;
  readonly log: Log;
  readonly fields: object;
  /** What has happened, for people. */
  readonly what: string;
}

/**
 * Refuses the delivery. The framework prints an error's stack to standard error, where it would count as a failure of the
 * function; so this one's is a line of the log, as Cloud Logging reads it: the one that says why is there already.
 */
export class RedeliverError extends Error {
  override readonly name = 'RedeliverError';
  constructor(message: string, options: ErrorOptions) {
    super(message, options);
    this.stack = JSON.stringify({ severity: 'DEBUG', message });
  }
}

/**
 * Whether refusing the delivery is enough to retry the job later: it is on the retry queue, or may be, and its history has
 * not changed.
 */
export function staysInQueue(
  queues: Queues,
  { topic }: PubSubMessage,
  isFirstReport: boolean,
): boolean {
  return [queues.retry, undefined].includes(topic) && !isFirstReport;
}

/**
 * The message as far as it can be trusted. Only this system publishes to its own topics; a message from anywhere else
 * starts its history here, whatever its attributes claim.
 */
export function withTrustedHistory(
  queues: Queues | undefined,
  message: PubSubMessage,
): PubSubMessage {
  const isOwn = queues === undefined || queues.main !== undefined || queues.retry === message.topic;
  return isOwn ? message : { ...message, attributes: firstAttributes(message.attributes) };
}

/** What a notice tells; without a release no notice is sent. */
interface Notified {
  readonly message: PubSubMessage;
  readonly release?: Release | undefined;
}

/** Publishes the notice before the ack, so that it is sent at least once; resolves with the error if that failed. */
export async function notify(
  { deps }: DeliveryContext,
  { message, release }: Notified,
  statusChange: StatusChange,
): Promise<{ readonly cause: unknown } | undefined> {
  const topic = deps.noticesTopic;
  if (topic === undefined || release === undefined) return undefined;
  try {
    await send(deps, topic, noticeOf(topic, release, statusChange, historyOf(message).since));
    return undefined;
  } catch (cause) {
    return { cause };
  }
}

/** A notice that could not be sent is retried on the retry queue: it must neither slow down the fast one nor lose a doubt. */
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
    { ...context, what: `${what}: to be told again` },
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

/** Only what is confirmed may be acknowledged here. What Pub/Sub would not take is left to its own dead-lettering. */
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
  if (!isPublishable(message)) throw new TypeError(`the message is too large for ${topic}`);
  await publishTo(topic, [message]);
}

export function refuse(what: string, cause: unknown): never {
  throw new RedeliverError(`to be delivered again: ${what}`, { cause });
}
