import { InvalidReferenceError, type Reference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import { isOf, parseArtifact } from '../shared/kinds/references';
import { UsageError } from './terminal';

/** @throws {UsageError} when the argument names no image, template or object. */
export function parseArgument(text: string): Artifact {
  return orUsageError(() => parseArtifact(text));
}

/** @throws {UsageError} where `read` finds a reference that is none. */
export function orUsageError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidReferenceError) throw new UsageError(error.message);
    throw error;
  }
}

/** @throws {UsageError} when the argument is no image reference. */
export function parseImageArgument(text: string): Reference {
  const artifact = parseArgument(text);
  if (isOf('image', artifact)) return artifact;
  throw new UsageError(`${text} is no image; "republish" copies what the rules release.`);
}

/** @throws {UsageError} when an option's text is no whole number from 1 up. */
export function wholeNumber(text: string, flag: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} takes a whole number from 1 up, not "${text}".`);
}
