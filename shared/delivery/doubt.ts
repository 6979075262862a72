import type { PubSubMessage } from '../events/envelope';
import { historyOf, type JobHistory } from '../jobs/copy-job';

/** Proxies and load balancers hold a request for less. */
export const SETTLING_SECONDS = 300;

/** What the work leaves behind, whether it succeeds or fails. */
export interface Doubt {
  /** Set when a tag was written without a clear answer: it may be written late, over what others write meanwhile. */
  isLeft: boolean;
}

export interface Recalled {
  /** The job's, with the doubt that this delivery leaves. */
  readonly history: JobHistory;
  /** The message does not tell of the doubt yet. It is told of once, so that a job which always leaves some comes to an end. */
  readonly isNews: boolean;
  /**
   * Whether what this delivery found may be believed: it leaves no doubt itself, and has begun {@link SETTLING_SECONDS} after
   * the first. Pub/Sub doubles its pauses, so that by then the attempt before it is more than two minutes ago.
   */
  readonly isSettled: boolean;
}

/** A message that was delivered. Times are milliseconds since the epoch. */
export interface Delivered {
  readonly message: PubSubMessage;
  readonly doubt: Doubt;
  /** When the delivery began. */
  readonly begun: number;
}

export function recall({ message, doubt, begun }: Delivered, now: number): Recalled {
  const told = historyOf(message);
  const isNews = doubt.isLeft && told.inDoubt === undefined;
  const since = told.inDoubt?.getTime() ?? -Infinity;
  return {
    history: isNews ? { ...told, inDoubt: new Date(now) } : told,
    isNews,
    isSettled: !doubt.isLeft && begun - since >= SETTLING_SECONDS * 1000,
  };
}
