import type { PubSubMessage } from '../events/envelope';
import { historyOf, type JobHistory } from '../jobs/copy-job';

/** Reports that the work of a delivery failed in one or several places. */
export class WorkError extends AggregateError {
  override readonly name = 'WorkError';
  /** A tag write got no clear response: it may still land. */
  readonly hasUnconfirmedWrite: boolean;

  constructor(errors: readonly unknown[], hasUnconfirmedWrite: boolean) {
    super(errors);
    this.hasUnconfirmedWrite = hasUnconfirmedWrite;
  }

  static from(error: unknown): WorkError {
    return error instanceof WorkError ? error : new WorkError([error], false);
  }
}

export interface WriteAssessment {
  /** The job's history, with the unconfirmed write of this delivery. */
  readonly history: JobHistory;
  /**
   * This delivery is the first to leave an unconfirmed write. Only the first is recorded, so that the job's attempts
   * come to an end.
   */
  readonly isFirstReport: boolean;
  /**
   * True if this delivery's result is reliable: it leaves no unconfirmed write, and it began a grace period after the
   * first one. Proxies and load balancers hold a request for less. Because Pub/Sub doubles its pauses, the previous
   * attempt is half a grace period old.
   */
  readonly isSettled: boolean;
}

/** A delivered message. Times are milliseconds since the epoch. */
export interface Delivered {
  readonly message: PubSubMessage;
  /** A tag write got no clear response: it may still land, and overwrite later writes. */
  readonly hasUnconfirmedWrite: boolean;
  /** When the delivery began. */
  readonly begun: number;
}

/** Combines this delivery's unconfirmed write with the one that the message records. */
export function assessWrite(
  { message, hasUnconfirmedWrite, begun }: Delivered,
  { now, graceSeconds }: { readonly now: number; readonly graceSeconds: number },
): WriteAssessment {
  const earlier = historyOf(message);
  const isFirstReport = hasUnconfirmedWrite && earlier.unconfirmedSince === undefined;
  const since = earlier.unconfirmedSince?.getTime() ?? -Infinity;
  return {
    history: isFirstReport ? { ...earlier, unconfirmedSince: new Date(now) } : earlier,
    isFirstReport,
    isSettled: !hasUnconfirmedWrite && begun - since >= graceSeconds * 1000,
  };
}
