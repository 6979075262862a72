import { classifyFailure } from '../shared/delivery/classify-failure';
import { remedyAtTerminal } from './remedies';
import { CommandFailure } from './terminal';

/** Nothing is tried again by itself here, and a command has no history. */
const FINAL = { seconds: Infinity, graceSeconds: 0, continued: 0, stalled: 0 };

/**
 * What a command throws when this failed it: the reason that a function would log, and what a person does about it. What
 * nobody expected stays as it is, with its stack.
 */
export function failureFrom(error: unknown): unknown {
  const classification = classifyFailure(error, FINAL);
  if (classification.bug) return error;
  const { reason, remedy } = classification;
  // The error itself says how to get credentials.
  const toDo = reason === 'no-credentials' ? '' : `\n${remedyAtTerminal(reason, remedy)}`;
  return new CommandFailure(`${reason}: ${classification.error}${toDo}`, { cause: error });
}
