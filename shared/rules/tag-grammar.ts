import { minVersion, Range, SemVer, subset, type Comparator } from 'semver';
import type { Grammar } from '../text/glob';

/** Tags (distribution-spec): no "." or "-" at the start. */
export const tagGrammar: Grammar = {
  allowed: /^[A-Za-z0-9._-]$/,
  what: 'a tag (letters, digits, . _ -)',
  mayFollow: (previous, next) => previous !== undefined || !/[.-]/.test(next),
  mayEnd: (last) => /[A-Za-z0-9]/.test(last),
};

/** A node-semver range, or undefined when it is none. */
export function parseRange(text: string): Range | undefined {
  if (text.trim() === '') return undefined;
  try {
    return new Range(text);
  } catch {
    return undefined;
  }
}

/** The version that a tag is: a tag can have no `+`, for which Helm writes `_` (https://helm.sh/docs/topics/registries). */
export function versionIn(tag: string): string {
  return tag.replace('_', '+');
}

/** Returns a version in a range, one at its edges if there is one; undefined if nothing is in it. */
export function versionOfRange(range: Range): string | undefined {
  const firsts = range.set.flat().flatMap(({ semver }) =>
    // A prerelease of what the range ends at comes before it.
    semver instanceof SemVer ? [`${semver.major}.${semver.minor}.${semver.patch}-0`] : [],
  );
  return minVersion(range)?.version ?? firsts.find((version) => range.test(version));
}

/** Versions at and just above each edge of a range. */
export function edgesOf(range: Range): string[] {
  const steps = ['prerelease', 'patch', 'minor', 'major'] as const;
  return range.set
    .flat()
    .flatMap((comparator) => versionOf(comparator) ?? [])
    .flatMap(({ version }) => [
      version,
      ...steps.map((step) => new SemVer(version).inc(step).version),
    ]);
}

/**
 * Globs that match every tag with a version in the range, and some more: what all of them begin with is written out, as
 * `{,v}1.4.[0-9]*` for `~1.4.2`.
 */
export function globsOf(range: Range): string[] {
  return range.set.map((comparators) => `{,v}${versionsBetween(comparators)}`);
}

const NUMBER = '[0-9]*';

/** All of the comparators hold at once. */
function versionsBetween(comparators: readonly Comparator[]): string {
  const hasPrerelease = comparators.some((one) => versionOf(one)?.prerelease[0] !== undefined);
  const all = comparators
    // Without a prerelease in it, a range takes none of what it ends at.
    .map(({ value }) => (hasPrerelease ? value : value.replace(/^<\d[^-]*$/, '$&-0')))
    .join(' ');
  const first = minVersion(all);
  const isWithin = (range: string): boolean => subset(all, range, { includePrerelease: true });
  if (first === null) return `${NUMBER}.${NUMBER}.${NUMBER}`;
  const { major, minor, version } = first;
  // Build metadata is nothing that a range asks about.
  if (isWithin(version)) return `${version}{,_*}`;
  if (isWithin(`${major}.${minor}`)) return `${major}.${minor}.${NUMBER}`;
  return `${isWithin(`${major}`) ? major : NUMBER}.${NUMBER}.${NUMBER}`;
}

/** The comparator of "*" has a symbol in place of a version. */
function versionOf(comparator: Comparator | undefined): SemVer | undefined {
  return comparator?.semver instanceof SemVer ? comparator.semver : undefined;
}
