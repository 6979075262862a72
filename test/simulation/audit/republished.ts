import { EPOCH } from '../time/clock';
import type { Message } from '../pubsub/message';
import type { Violation } from './violation';

/**
 * Messages that are published again say since when there has been such a message. `firsts`: of the topics where they start;
 * `retries`: of their retry queue.
 */
export function auditRepublished(
  firsts: readonly Message[],
  retries: readonly Message[],
): Violation[] {
  const births = new Map<string, Set<string>>();
  const isBirth = ({ attributes }: Message): boolean => attributes['since'] === undefined;
  for (const first of firsts.filter(isBirth)) {
    const key = first.data.toString();
    births.set(key, (births.get(key) ?? new Set()).add(new Date(first.publishTime).toISOString()));
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
