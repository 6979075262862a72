import { decodeDelivery, type PubSubMessage } from '../events/envelope';
import { oneLine } from '../text/untrusted';
import { republish, type JobHistory } from '../jobs/copy-job';
import { deadLetterOf } from '../jobs/dead-letter';
import type { Clock } from '../system/clock';
import { assessWrite, type Delivered, WorkError } from './work-error';
import type { Change } from './change';
import type { StatusChange, Release } from './release-event';
import {
  staysInQueue,
  publish,
  toRetryQueue,
  refuse,
  notify,
  notifyAgain,
  withTrustedHistory,
  type Log,
  type Outbox,
} from './outbox';
import {
  classifyFailure,
  classifyFailures,
  type Age,
  type Classification,
} from './classify-failure';

/** The result of a finished delivery: the response and the log entry. */
export interface WorkResult {
  readonly outcome: string;
  /** The response: one line for the person who published the message by hand. */
  readonly line: string;
  /** The static text of the log entry. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The status change to report in a release event. Unset if nothing changed. */
  readonly statusChange?: StatusChange;
  /** A tag write got no clear response: it may still land. */
  readonly hasUnconfirmedWrite?: boolean;
}

/** What the message is about, for logs and dead letters. */
export interface Subject {
  readonly source?: string;
  readonly target?: string;
  readonly rule?: string;
}

/** What one function does with a message that it understands. */
export interface Work<T> {
  /** @throws {InvalidMessageError} */
  readonly parse: (message: PubSubMessage) => T;
  /** Looks up, once for each delivery, what the item is about. */
  readonly open: (item: T) => Task;
}

/** The work for one message. */
export interface Task {
  readonly subject: Subject;
  /** The release that release events report. Unset if they report none. */
  readonly release?: Release;
  /** Returns the digest that the destination holds now, if any. Called if a release event reports something other than `copied`. */
  readonly holds?: () => Promise<string | undefined>;
  /** @throws {WorkError} if several errors, or an unconfirmed write, have to be reported; else any error. */
  readonly run: (message: PubSubMessage) => Promise<WorkResult>;
}

export interface DeliveryDeps<T> extends Outbox {
  /** `planCopies`, `copyArtifact`. */
  readonly function: string;
  readonly work: Work<T>;
  readonly deadLetterTopic: string;
  readonly graceSeconds: number;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** A logger for one event, with its trace. */
  readonly logFor: (event: unknown) => Log;
}

/**
 * Wraps a function's work for Pub/Sub: the returned handler resolves with the answer's line, which is an ack, or throws,
 * which asks for redelivery. All work is awaited before it returns, because a return is an ack and nothing runs after it.
 */
export function createDelivery<T>(deps: DeliveryDeps<T>): (event: unknown) => Promise<string> {
  return async (event) => {
    const { clock, work } = deps;
    const log = deps.logFor(event);
    const started = clock.monotonic();
    const begun = clock.now();
    const message = withTrustedHistory(deps.queues, decodeDelivery(event, new Date(begun)));
    const took = (): number => (clock.monotonic() - started) / 1000;
    const delivered = { message, begun };
    let about: About = { subject: {} };
    let done: WorkResult;
    try {
      const { run, ...opened } = work.open(work.parse(message));
      about = deps.releaseEventsTopic === undefined ? { subject: opened.subject } : opened;
      done = await run(message);
    } catch (error) {
      const { errors, hasUnconfirmedWrite } = WorkError.from(error);
      const failed = { ...delivered, ...about, errors, hasUnconfirmedWrite, seconds: took() };
      return settle(deps, log, failed);
    }
    const { hasUnconfirmedWrite = false } = done;
    return finish(deps, log, {
      ...delivered,
      ...about,
      done,
      hasUnconfirmedWrite,
      seconds: took(),
    });
  };
}

/** Without a release nothing is reported. */
type About = Omit<Task, 'run'>;

interface Finished extends Delivered, About {
  readonly done: WorkResult;
  readonly seconds: number;
}

/**
 * Acknowledges finished work, unless a tag write is unconfirmed: the write may still land, so a later delivery checks
 * the tag again.
 */
async function finish<T>(deps: DeliveryDeps<T>, log: Log, finished: Finished): Promise<string> {
  const { done, message, seconds, subject } = finished;
  const times = { now: deps.clock.now(), graceSeconds: deps.graceSeconds };
  const assessment = assessWrite(finished, times);
  const { history, isSettled } = assessment;
  const age = ageOf(history, deps.clock);
  const fields = { ...subject, ...done.fields, ...(!isSettled && { unconfirmedWrite: true }) };
  log.info({ ...fields, outcome: done.outcome, seconds, age }, done.message);
  const line = oneLine(done.line);
  const context = { deps, log, fields, what: line };
  const unsent = done.statusChange && (await notify(context, finished, done.statusChange));
  if (unsent) return notifyAgain(context, message, assessment, unsent);
  if (isSettled) return line;
  return toRetryQueue({ ...context, what: `${line}; will be checked again` }, message, assessment);
}

/** Seconds. */
function ageOf({ since }: Pick<JobHistory, 'since'>, clock: Pick<Clock, 'now'>): number {
  return (clock.now() - since.getTime()) / 1000;
}

interface Failed extends Delivered, About {
  readonly errors: readonly unknown[];
  readonly seconds: number;
}

/** The status change of a release when a classification ends its job. */
const CHANGES: Partial<Record<Classification['class'], Change>> = {
  withdrawn: 'withdrawn',
  held: 'held',
  permanent: 'failed',
};

/** Ends that need no action. */
const QUIET_ENDS = {
  withdrawn: 'Source not found',
  waiting: 'Release waits for an earlier stage',
};

/** Settles failed work. Returns the response line, or throws RedeliverError. */
async function settle<T>(deps: DeliveryDeps<T>, log: Log, failed: Failed): Promise<string> {
  const { message, subject } = failed;
  const { graceSeconds, queues } = deps;
  const assessment = assessWrite(failed, { now: deps.clock.now(), graceSeconds });
  const { history, isFirstReport, isSettled } = assessment;
  const age = ageOf(history, deps.clock);
  const known = { ...history, seconds: age, graceSeconds };
  const end = await endOf(failed, known, isSettled, deps.clock);
  const { classification, error } = end;
  const { fields, what } = describeFailure(failed, classification, age);
  const context = { deps, log, fields, what };
  const statusChange = statusChangeOf(failed, end);
  const unsent = statusChange && (await notify(context, failed, statusChange));
  if (unsent) return notifyAgain(context, message, assessment, unsent);

  switch (classification.class) {
    case 'withdrawn':
    case 'waiting':
      log.info({ ...fields, outcome: classification.class }, QUIET_ENDS[classification.class]);
      return `${classification.class}: ${what}`;
    case 'held':
      log.warn({ ...fields, outcome: 'held' }, 'Release held');
      return `held: ${what}. ${classification.remedy}`;
    case 'permanent': {
      const { reason, error: text, remedy } = classification;
      const report = { ...subject, function: deps.function, reason, error: text, remedy };
      await publish(context, deps.deadLetterTopic, deadLetterOf(message, report));
      log.error({ ...fields, outcome: 'dead-lettered' }, 'Dead-lettered');
      return `dead-lettered: ${what}${/[.!?]$/.test(what) ? '' : '.'} ${remedy}`;
    }
    case 'unfinished': {
      if (queues?.main === undefined) return refuse(what, error);
      const next = { ...history, continued: history.continued + 1, stalled: 0 };
      await publish(context, queues.main, republish(message, next, classification.checkpoint));
      const { continued } = next;
      log.info({ ...fields, continued, outcome: 'continued' }, 'Copy continued in a new job');
      return `continued in a new job: ${what}`;
    }
    case 'stalled': {
      if (!queues) return refuse(what, error);
      const next = { ...history, stalled: history.stalled + 1 };
      await publish(context, queues.retry, republish(message, next));
      log.warn(
        { ...fields, stalled: next.stalled, outcome: 'retrying' },
        'No blob finished before timeout',
      );
      return `will be retried, one blob at a time: ${what}`;
    }
    case 'transient': {
      const stays = !queues || staysInQueue(queues, message, isFirstReport);
      const isRefused = stays || (classification.bug && !isFirstReport);
      if (!isRefused) await publish(context, queues.retry, republish(message, history));
      const outcome = isRefused ? 'refused' : 'retrying';
      const said = isRefused ? 'Redelivery requested' : 'Moved to the retry queue';
      if (classification.bug) log.error({ ...fields, error, outcome }, `Unexpected. ${said}`);
      else log.warn({ ...fields, outcome }, said);
      return isRefused ? refuse(what, error) : `will be retried: ${what}`;
    }
  }
}

/** Returns the fields of the log entry, and one line for a person. */
function describeFailure(
  { message, subject }: Failed,
  classification: Classification,
  age: number,
) {
  const { reason, error, remedy } = classification;
  const about = subject.source ?? `message ${message.id || 'without an id'}`;
  return {
    fields: { ...subject, reason, error, remedy, messageId: message.id, age },
    what: oneLine(`${about}: ${reason}: ${error}`),
  };
}

/** The status change that a release event reports, if the failure ends the job. */
function statusChangeOf(
  { begun, seconds }: Failed,
  { classification, holds, asOf }: End,
): StatusChange | undefined {
  const change = CHANGES[classification.class];
  if (change === undefined) return undefined;
  const { reason, remedy } = classification;
  const about = { holds, duration: seconds, reason, remedy };
  // If the destination was not read, a delivery that began after this one may have seen more.
  return { change, time: asOf ?? begun, about };
}

interface End {
  readonly classification: Classification;
  /** The error that was classified. */
  readonly error: unknown;
  /** What the destination holds, if the job ends and a release event reports it. */
  readonly holds?: string;
  /** When the destination was read. */
  readonly asOf?: number;
}

/**
 * Decides how a failure ends. A release event that reports a failure includes what the destination holds: an earlier
 * attempt may have written it and died before its own event. The job does not end while the destination cannot be read
 * or a write is unconfirmed.
 */
async function endOf(
  failed: Failed,
  age: Age,
  isSettled: boolean,
  clock: Pick<Clock, 'now'>,
): Promise<End> {
  const { release } = failed;
  const { error, classification } = classifyFailures(failed.errors, age);
  if (CHANGES[classification.class] === undefined) return { classification, error };
  if (!isSettled) return { classification: { ...classification, class: 'transient' }, error };
  if (release === undefined) return { classification, error };
  const asOf = clock.now();
  try {
    return { classification, error, holds: await failed.holds?.(), asOf };
  } catch (cause) {
    const ofLook = classifyFailure(cause, age);
    return ofLook.class === 'transient'
      ? { classification: ofLook, error: cause }
      : { classification, error };
  }
}
