import { EPOCH } from '../time/clock';
import type { Message } from '../pubsub/message';
import type { Violation } from './violation';

/**
 * Jobs that are published again say since when there has been such a job, and never a lower count than before. `jobs`: of the
 * topic where jobs start; `retries`: of the slow lane.
 */
export function auditRepublished(
  jobs: readonly Message[],
  retries: readonly Message[],
): Violation[] {
  const births = new Map<string, Set<string>>();
  const isBirth = ({ attributes }: Message): boolean => attributes['since'] === undefined;
  for (const job of jobs.filter(isBirth)) {
    const key = job.data.toString();
    births.set(key, (births.get(key) ?? new Set()).add(new Date(job.publishTime).toISOString()));
  }
  const lost = retries.filter(({ data, attributes }) => {
    const known = births.get(data.toString());
    return known?.has(attributes['since'] ?? '') !== true;
  });
  return lost.map(({ messageId, data, publishTime, attributes }) => ({
    invariant: 'history',
    detail: `${messageId} of ${(publishTime - EPOCH) / 1000} s says since ${attributes['since'] ?? 'nothing'}: ${data.toString()}`,
  }));
}
