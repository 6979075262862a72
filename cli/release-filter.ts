import type { WantedFilter } from '../shared/inventory/wanted';
import { KINDS } from '../shared/kinds/kinds';
import type { Rules } from '../shared/rules/rules';
import { formatArtifact } from '../shared/kinds/references';
import { tagGrammar } from '../shared/rules/tag-grammar';
import { InvalidGlobError, parseGlob, type Grammar } from '../shared/text/glob';
import { namesAlong, releaseArgument } from './arguments';
import { selectRules, selectTargets, type Names } from './selectors';
import { UsageError } from './terminal';

/** Which releases a command is about, by their names. */
export interface ReleaseNames {
  readonly rule?: Names;
  readonly target?: Names;
  readonly image?: string;
  readonly tag?: string;
}

/** @throws {UsageError} for a rule or target that the rules do not have, and for a bad glob. */
export function filterOf(rules: Rules, flags: ReleaseNames, reference?: string): WantedFilter {
  const { rule, target, image, tag } = flags;
  const [named, receivers] = [selectRules(rules, rule), selectTargets(rules, target)];
  return {
    ...(named !== undefined && { rules: named }),
    ...(receivers !== undefined && { targets: receivers }),
    ...(reference !== undefined && { releases: releasesOf(rules, reference) }),
    ...(image !== undefined && {
      image: globOf('image', image, widestGrammar(rules)),
    }),
    ...(tag !== undefined && { tag: globOf('tag', tag, tagGrammar) }),
  };
}

/** @throws {UsageError} if the reference does not name one release. */
function releasesOf(rules: Rules, reference: string): ReadonlySet<string> {
  const release = releaseArgument(rules, reference);
  const { isNameAlone, digest } = rules.references.detailsOf(release);
  const name = formatArtifact(release);
  if (isNameAlone) throw new UsageError(`${name} is not a release: it has no :tag.`);
  if (digest !== undefined) throw new UsageError(`${name}: pass the tag without a digest.`);
  return namesAlong(rules, release);
}

/** A problem if the filter lets nothing pass: a mistyped name must not look like a release that is up to date. */
export function unmatched(
  flags: ReleaseNames,
  matches: readonly unknown[],
  reference?: string,
): string[] {
  const options = (['rule', 'target', 'image', 'tag'] as const).flatMap((name) => {
    const value = flags[name];
    return value === undefined ? [] : [`--${name} ${[value].flat().join(',')}`];
  });
  const given = [...(reference === undefined ? [] : [reference]), ...options];
  if (given.length === 0 || matches.length > 0) return [];
  return [`No release matches ${given.join(' ')}. Run it without a filter to list all releases.`];
}

/** That of a kind that takes any name, if the rules have one; else the first kind's. */
function widestGrammar({ rules, references }: Rules): Grammar {
  const widest = rules.find(({ about }) => about.paths.anyName)?.about;
  return (widest ?? KINDS[references.defaultKind]).paths.grammar;
}

function globOf(flag: string, text: string, grammar: Grammar): (name: string) => boolean {
  try {
    return parseGlob(text, grammar).matches;
  } catch (error) {
    if (!(error instanceof InvalidGlobError)) throw error;
    throw new UsageError(`--${flag} '${text}' ${error.message}.`);
  }
}
