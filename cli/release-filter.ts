import type { WantedFilter } from '../shared/inventory/wanted';
import { KINDS } from '../shared/kinds/kinds';
import type { Rules } from '../shared/rules/rules';
import { tagGrammar } from '../shared/rules/tag-grammar';
import { InvalidGlobError, parseGlob, type Grammar } from '../shared/text/glob';
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
export function filterOf(rules: Rules, flags: ReleaseNames): WantedFilter {
  const { rule, target, image, tag } = flags;
  const [named, receivers] = [selectRules(rules, rule), selectTargets(rules, target)];
  return {
    ...(named !== undefined && { rules: named }),
    ...(receivers !== undefined && { targets: receivers }),
    ...(image !== undefined && {
      image: globOf('image', image, widestGrammar(rules)),
    }),
    ...(tag !== undefined && { tag: globOf('tag', tag, tagGrammar) }),
  };
}

/** A problem if the filter lets nothing pass: a mistyped name must not look like a release that is up to date. */
export function unmatched(flags: ReleaseNames, matches: readonly unknown[]): string[] {
  const given = (['rule', 'target', 'image', 'tag'] as const).flatMap((name) => {
    const value = flags[name];
    return value === undefined ? [] : [`--${name} ${[value].flat().join(',')}`];
  });
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
