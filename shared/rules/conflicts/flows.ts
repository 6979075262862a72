import type { Place } from '../artifact';
import { placeholderOf } from '../clauses/as';
import { onlyOf, searches } from '../clauses';
import { literally, type Steps } from '../../text/steps';
import { combinations } from './common-texts';
import { placeAt } from '../kind';
import { below } from '../place';
import type { Rule, Target } from '../rules';

/** The artifacts of a rule that one pattern describes, on their way to one target. */
export interface Flow {
  /** The rule's position in the file. */
  readonly index: number;
  readonly rule: Rule;
  readonly target: Target;
  /** What their paths at the target look like: repositories, or names of objects. They match all of these. */
  readonly patterns: readonly Steps[];
  /** The path below the rule's source, from a path that the patterns match. */
  readonly pathOf: (path: string) => string;
  /** Flows with the same source and naming: they give one destination to one artifact only, so they never conflict. */
  readonly family: string;
}

/** Takes a rule apart into flows to one of its targets. */
export function flowsOf(index: number, rule: Rule, target: Target): Flow[] {
  const { about, naming, source } = rule;
  const place = placeAt(target, about);
  if (place === undefined) return [];
  const placeholder = placeholderOf(about);
  const only = onlyOf(rule);
  const path = naming.path.includes(placeholder) ? undefined : (only.path ?? '');
  const tag = naming.tag.includes('{tag}') ? undefined : only.tag;
  const family = JSON.stringify([source, place, naming, path, tag]);
  const flow = (patterns: readonly Steps[], pathOf: Flow['pathOf']): Flow => {
    return { index, rule, target, patterns, pathOf, family };
  };
  const at = below(about.reference.pathOf(place), naming.path);
  if (path !== undefined) return [flow([literally(at)], () => path)];

  const [before = '', after = ''] = at.split(placeholder);
  const flows = combinations(searches.path.map(({ patterns }) => patterns(rule, []))).map((some) =>
    flow(
      some.map((steps) => [...literally(before), ...steps, ...literally(after)]),
      (text) => text.slice(before.length, text.length - after.length),
    ),
  );
  const itself = pathOfItself(rule, place);
  return itself === undefined ? flows : [...flows, flow([literally(itself)], () => '')];
}

/** The path at a target of what is the source itself, if that may be released. */
function pathOfItself(rule: Rule, place: Place): string | undefined {
  const { about, naming, source } = rule;
  const mayBe = searches.path.every(({ passes }) => passes(rule, ''));
  if (!mayBe || about.artifactAt(source, '') === undefined) return undefined;
  const destination = about.destinationAt(place, naming.path.replace(placeholderOf(about), ''));
  return destination && about.reference.pathOf(destination);
}
