import { InvalidReferenceError } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import type { RuleKind } from '../shared/rules/kind';
import { KIND_NAMES } from '../shared/kinds/kinds';
import { parseArtifact } from '../shared/kinds/references';
import { KINDS } from '../shared/kinds/kinds';
import { UsageError } from './terminal';

const forms = Object.values(KINDS).map(({ reference }: RuleKind) => reference.form);

/** `image, template or object` */
export const ANY_KIND = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(KIND_NAMES);
/** How one of any kind is written. */
export const ANY_FORM = [...new Set(forms)].join('; ');

/** @throws {UsageError} when the argument names nothing of any kind. */
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

/** @throws {UsageError} if the argument is not an image reference. */
export function parseImageArgument(text: string): Artifact<'image'> {
  const artifact = parseArgument(text);
  // eslint-disable-next-line no-restricted-syntax -- who calls it is about images alone, as statements are
  if (artifact.kind === 'image') return artifact;
  throw new UsageError(`${text} is not an image; "republish" copies what the rules release.`);
}

/** @throws {UsageError} if the option is not a whole number of at least 1. */
export function wholeNumber(text: string, flag: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} must be a whole number of at least 1, not "${text}".`);
}
