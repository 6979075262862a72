import { minVersion, Range, SemVer, type Comparator } from 'semver';

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

/** True where nothing is in a range, at none of its edges either. */
export function isEmptyRange(range: Range): boolean {
  if (minVersion(range) !== null) return false;
  const firsts = range.set.flat().flatMap(({ semver }) =>
    // A prerelease of what the range ends at comes before it.
    semver instanceof SemVer ? [`${semver.major}.${semver.minor}.${semver.patch}-0`] : [],
  );
  return !firsts.some((version) => range.test(version));
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
  const exact = comparators.find(({ operator }) => operator === '');
  const only = exact && versionOf(exact);
  // Build metadata is nothing that a range asks about.
  if (only) return `${only.version}{,_*}`;
  const from = versionOf(comparators.find(({ operator }) => operator.startsWith('>')));
  const to = comparators.find(({ operator }) => operator.startsWith('<'));
  if (!from || !isBelow(to, from.major + 1)) return `${NUMBER}.${NUMBER}.${NUMBER}`;
  return isBelow(to, from.major, from.minor + 1)
    ? `${from.major}.${from.minor}.${NUMBER}`
    : `${from.major}.${NUMBER}.${NUMBER}`;
}

/** Whether all up to an edge is surely below the first version of a major, or minor, number. */
function isBelow(edge: Comparator | undefined, least: number, minorLeast = 0): boolean {
  const version = versionOf(edge);
  if (version === undefined) return false;
  const { major, minor, patch, prerelease } = version;
  // `-0` comes before every other prerelease.
  const isFirst = edge?.operator === '<' && patch === 0 && prerelease.every((part) => part === 0);
  const isMinorBelow = minor < minorLeast || (minor === minorLeast && isFirst);
  return major < least || (major === least && isMinorBelow);
}

/** The comparator of "*" has a symbol in place of a version. */
function versionOf(comparator: Comparator | undefined): SemVer | undefined {
  return comparator?.semver instanceof SemVer ? comparator.semver : undefined;
}
