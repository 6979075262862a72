import { InvalidReferenceError } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import type { RuleKind } from '../shared/rules/kind';
import { KIND_NAMES } from '../shared/kinds/kinds';
import { formatArtifact, parseArtifact, references, releaseName } from '../shared/kinds/references';
import { KINDS } from '../shared/kinds/kinds';
import { matchRelease, type Copy } from '../shared/rules/match';
import type { Rules } from '../shared/rules/rules';
import { findRoutes } from '../shared/rules/routes';
import { formatNames } from '../shared/text/names';
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

/**
 * Reads a release; a short name such as `api:1.4.2` is completed by the sources of the rules. It means an image, unless
 * only another kind can have this name.
 *
 * @throws {UsageError} if the argument names nothing of any kind, or if several sources could have it.
 */
export function releaseArgument(rules: Rules, text: string): Artifact {
  if (isFull(text)) return parseArgument(text);
  const possible = completionsOf(rules, text);
  const released = possible.filter(
    (one) => !references.detailsOf(one).isNameAlone && matchRelease(rules, one).length > 0,
  );
  const candidates = preferDefaultKind(released.length > 0 ? released : possible);
  const [first, ...others] = withoutHubs(rules, candidates);
  // For its error.
  if (first === undefined) return parseArgument(text);
  if (others.length === 0) return first;
  const names = formatNames([first, ...others].map(formatArtifact));
  throw new UsageError(`"${text}" is ambiguous: ${names}. Pass the full reference.`);
}

function isFull(text: string): boolean {
  try {
    parseArtifact(text);
    return true;
  } catch (error) {
    if (error instanceof InvalidReferenceError) return false;
    throw error;
  }
}

/** What a short name may mean: below the source of a rule, or the source itself. Each once. */
function completionsOf({ rules }: Rules, text: string): Artifact[] {
  const found = new Map<string, Artifact>();
  const hasVersion = /[:@]/.test(text);
  for (const { about, at } of rules) {
    if (hasVersion && about.has.tag !== true) continue;
    const own = at.slice(0, at.lastIndexOf('/') + 1);
    const isSource = `${own}${text.replace(/[:@].*$/, '')}` === at;
    const name = `${isSource ? own : `${at}/`}${text}`;
    if (isFull(name)) found.set(name, parseArtifact(name));
  }
  return [...found.values()];
}

function preferDefaultKind(candidates: readonly Artifact[]): readonly Artifact[] {
  const preferred = candidates.filter(({ kind }) => kind === references.defaultKind);
  return preferred.length > 0 ? preferred : candidates;
}

/** Hubs hold releases of the same names, which come from another of these sources. */
function withoutHubs(rules: Rules, releases: readonly Artifact[]): Artifact[] {
  const ends = new Set(releases.flatMap((one) => [...namesAlong(rules, one)].slice(1)));
  return releases.filter((one) => !ends.has(releaseName(one)));
}

/** The names that a release has on its way: at its source, then at targets, which may be hubs. */
export function namesAlong(rules: Rules, release: Artifact): ReadonlySet<string> {
  const from = (one: Artifact): Copy[] => matchRelease(rules, references.unpinned(one));
  const routes = findRoutes(rules, from(release), ({ destination }) => from(destination));
  const ends = routes.map(({ copy }) => releaseName(copy.destination));
  return new Set([releaseName(release), ...ends]);
}

/** @throws {UsageError} if the argument is not an image. */
export function imageArgument(rules: Rules, text: string): Artifact<'image'> {
  const artifact = releaseArgument(rules, text);
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
