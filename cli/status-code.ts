import { CommandFailure, UndeterminedError } from './terminal';

/** The exit code of `status` if nothing is known to differ and not everything could be asked. */
export const UNKNOWN = 3;

/** @throws {UndeterminedError} for a {@link CommandFailure}. */
export async function asking<T>(ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof CommandFailure ? new UndeterminedError(error, UNKNOWN) : error;
  }
}
