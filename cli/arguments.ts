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
