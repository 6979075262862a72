import { InvalidReferenceError, parseReference, type Reference } from '../shared/oci/reference';
import { UsageError } from './terminal';

/** @throws {UsageError} when the argument is no image reference. */
export function parseArgument(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) throw new UsageError(error.message);
    throw error;
  }
}

/** @throws {UsageError} when an option's text is no whole number from 1 up. */
export function wholeNumber(text: string, flag: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} takes a whole number from 1 up, not "${text}".`);
}
