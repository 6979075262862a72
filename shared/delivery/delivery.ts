import { decodeDelivery, InvalidMessageError, type PubSubMessage } from '../events/envelope';
import { historyOf, republish } from '../jobs/copy-job';
import { deadLetterOf } from '../jobs/dead-letter';
import type { Publish } from '../jobs/publisher';
import { judge, type Verdict } from './verdict';

/** A delivery that is finished: what to answer, and what to log. */
export interface Done {
  readonly outcome: string;
  /** One plain line for the person who posted the message by hand. */
  readonly line: string;
  /** The static text of the log line. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the message is about, for logs and dead letters. */
export interface Subject {
  readonly source?: string;
  readonly target?: string;
  readonly rule?: string;
}

/** The part of a logger that deliveries need; `fields` come first, as pino has it. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What one function does with a message that it understands. */
export interface Work<T> {
  /** @throws {InvalidMessageError} */
  readonly parse: (message: PubSubMessage) => T;
  readonly describe: (item: T) => Subject;
  readonly run: (item: T, message: PubSubMessage) => Promise<Done>;
}

export interface DeliveryDeps<T> {
  /** `planCopies`, `copyArtifact`. */
  readonly function: string;
  readonly work: Work<T>;
  readonly publish: Publish;
  readonly deadLetterTopic: string;
  /** Where a transient failure waits, so that refusals do not slow down the subscription of `copy-jobs`. */
  readonly slowLane?: string;
  readonly graceSeconds: number;
  readonly now: () => Date;
  /** A logger for one event, with its trace. */
  readonly logFor: (event: unknown) => Log;
}

/** Refuses the delivery. The framework prints a stack, and Pub/Sub needs none. */
export class RedeliverError extends Error {
  override readonly name = 'RedeliverError';
  constructor(message: string, options: ErrorOptions) {
    super(message, options);
    this.stack = message;
  }
}

/**
 * Wraps a function's work for Pub/Sub: the returned handler resolves with the answer's line, which is an ack, or throws,
 * which asks for redelivery. All work is awaited before it returns, because a return is an ack and nothing runs after it.
 */
export function createDelivery<T>(deps: DeliveryDeps<T>): (event: unknown) => Promise<string> {
  return async (event) => {
    const log = deps.logFor(event);
    const started = deps.now();
    let message: PubSubMessage | undefined;
    let subject: Subject = {};
    try {
      message = decodeDelivery(event, started);
      const item = deps.work.parse(message);
      subject = deps.work.describe(item);
      const done = await deps.work.run(item, message);
      const seconds = (deps.now().getTime() - started.getTime()) / 1000;
      log.info({ ...subject, ...done.fields, outcome: done.outcome, seconds }, done.message);
      return done.line;
    } catch (error) {
      message ??= error instanceof InvalidMessageError ? error.received : undefined;
      if (!message) throw error;
      return await settle(deps, log, { error, message, subject });
    }
  };
}

interface Failed {
  readonly error: unknown;
  readonly message: PubSubMessage;
  readonly subject: Subject;
}

async function settle<T>(deps: DeliveryDeps<T>, log: Log, failed: Failed): Promise<string> {
  const { error, message, subject } = failed;
  const history = historyOf(message);
  const age = (deps.now().getTime() - history.since.getTime()) / 1000;
  const verdict = judge(error, { seconds: age, graceSeconds: deps.graceSeconds });
  const what = subject.source ?? `message ${message.id || 'without an id'}`;
  const fields = { ...subject, ...logged(verdict, error), messageId: message.id, age };

  switch (verdict.class) {
    case 'withdrawn':
      log.info({ ...fields, outcome: 'withdrawn' }, 'Source is gone');
      return `withdrawn: ${what}: ${verdict.error}`;
    case 'permanent':
      log.error({ ...fields, outcome: 'dead-lettered' }, 'Given up');
      await deps.publish(deps.deadLetterTopic, [
        deadLetterOf(message, { function: deps.function, ...subject, ...verdict }),
      ]);
      return `dead-lettered: ${what}: ${verdict.reason}: ${verdict.error} ${verdict.remedy}`;
    case 'transient':
      if (deps.slowLane === undefined || deps.slowLane === message.topic || verdict.bug) {
        const level = verdict.bug ? 'error' : 'warn';
        log[level]({ ...fields, outcome: 'refused' }, 'To be delivered again');
        throw new RedeliverError(`${what}: ${verdict.reason}: ${verdict.error}`, { cause: error });
      }
      log.warn({ ...fields, outcome: 'retrying' }, 'Moved to the slow lane');
      await deps.publish(deps.slowLane, [republish(message, history)]);
      return `to be tried again: ${what}: ${verdict.reason}: ${verdict.error}`;
  }
}
