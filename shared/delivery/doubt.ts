import type { PubSubMessage } from '../events/envelope';
import { historyOf, type JobHistory } from '../jobs/copy-job';

export interface DoubtAssessment {
  /** The job's, with the doubt that this delivery leaves. */
  readonly history: JobHistory;
  /** The message does not tell of the doubt yet. It is told of once, so that a job which always leaves some comes to an end. */
  readonly isNews: boolean;
  /**
   * Whether what this delivery found may be believed: it leaves no doubt itself, and has begun one grace after the first.
   * Proxies and load balancers hold a request for less; and since Pub/Sub doubles its pauses, the attempt before this one is
   * half a grace ago.
   */
  readonly isSettled: boolean;
}

/** A message that was delivered. Times are milliseconds since the epoch. */
export interface Delivered {
  readonly message: PubSubMessage;
  /** A tag was written without a clear answer: the write may still land, over what others write meanwhile. */
  readonly hasUnconfirmedWrite: boolean;
  /** When the delivery began. */
  readonly begun: number;
}

/** Weighs the doubt that a delivery leaves together with the one that its message tells of. */
export function assessDoubt(
  { message, hasUnconfirmedWrite, begun }: Delivered,
  { now, graceSeconds }: { readonly now: number; readonly graceSeconds: number },
): DoubtAssessment {
  const told = historyOf(message);
  const isNews = hasUnconfirmedWrite && told.inDoubt === undefined;
  const since = told.inDoubt?.getTime() ?? -Infinity;
  return {
    history: isNews ? { ...told, inDoubt: new Date(now) } : told,
    isNews,
    isSettled: !hasUnconfirmedWrite && begun - since >= graceSeconds * 1000,
  };
}
