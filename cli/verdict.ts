import { judge } from '../shared/delivery/verdict';
import { CommandFailure } from './terminal';

/** Nobody tries again by themselves here, and a command has no history. */
const FINAL = { seconds: Infinity, graceSeconds: 0, continued: 0, stalled: 0 };

/**
 * What a command throws when this failed it: the reason that a function would log, and the remedy where trying again is
 * none. What nobody expected stays as it is, with its stack.
 */
export function failureFrom(error: unknown): unknown {
  const verdict = judge(error, FINAL);
  if (verdict.bug) return error;
  const remedy = verdict.class === 'transient' ? '' : `\n${verdict.remedy}`;
  return new CommandFailure(`${verdict.reason}: ${verdict.error}${remedy}`, { cause: error });
}
