import { classifyFailure } from '../shared/delivery/classify-failure';
import { remedyAtTerminal } from './remedies';
import { CommandFailure } from './terminal';

/** A command retries nothing and has no history. */
const FINAL = { seconds: Infinity, graceSeconds: 0, continued: 0, stalled: 0 };

/**
 * Converts an error into the failure that a command throws: the reason that a function would log, and its remedy for a
 * terminal. Returns an unexpected error unchanged, with its stack.
 */
export function failureFrom(error: unknown): unknown {
  const classification = classifyFailure(error, FINAL);
  if (classification.bug) return error;
  const { reason, remedy } = classification;
  // The error itself says how to get credentials.
  const toDo = reason === 'no-credentials' ? '' : `\n${remedyAtTerminal(reason, remedy)}`;
  return new CommandFailure(`${reason}: ${classification.error}${toDo}`, { cause: error });
}
