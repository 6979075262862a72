import { beginningOf } from '../../text/prefix-index';
import type { Place } from '../artifact';
import { onlyOf } from '../clauses';
import { placeholderOf } from '../clauses/as';
import { placeAt, type RuleKind } from '../kind';
import { destinationPatterns, type DestinationPattern } from '../patterns';
import type { Entry, Target } from '../rules';

/** The artifacts of a rule that one pattern describes, on their way to one target. */
export interface Flow extends Entry, DestinationPattern {
  readonly target: Target;
  /** What all names of the pattern begin with. */
  readonly beginning: string;
  /** Flows with the same source and naming: they give one destination to one artifact only, so they never conflict. */
  readonly family: string;
}

/** Rules with one list of targets, and a target of that list. */
export interface Writer {
  /** The position of the list among those of the file. */
  readonly list: number;
  readonly target: Target;
  readonly place: Place;
  readonly entries: readonly Entry[];
}

/**
 * Groups the rules about a kind by where they write: places that are equal or within each other are one group. Of other
 * places that the same rules write to, one is enough.
 */
export function writersOf(entries: readonly Entry[], kind: RuleKind): Writer[][] {
  const byPlace = new Map<string, Map<number, Writer>>();
  const own = entries.filter(({ rule }) => rule.about === kind);
  // Rules with equal lists of targets share the list.
  const lists = Map.groupBy(own, ({ rule }) => rule.targets);
  for (const [list, [targets, some]] of [...lists].entries()) {
    for (const target of targets) {
      const place = placeAt(target, kind);
      // A target without a place for what its rules release is reported elsewhere.
      if (place === undefined) continue;
      const name = kind.reference.nameOf(place);
      const writers = byPlace.get(name) ?? new Map<number, Writer>();
      byPlace.set(name, writers);
      if (!writers.has(list)) writers.set(list, { list, target, place, entries: some });
    }
  }
  const groups = [...Map.groupBy(byPlace, ([name]) => topmost(name, byPlace)).values()];
  const writers = groups.map((places) => places.flatMap(([, some]) => [...some.values()]));
  const nested = writers.filter((_, at) => (groups[at]?.length ?? 0) > 1);
  const apart = writers.filter((_, at) => groups[at]?.length === 1);
  const distinct = Map.groupBy(apart, (some) => some.map(({ list }) => list).join());
  return [...nested, ...[...distinct.values()].flatMap(([first]) => (first ? [first] : []))];
}

/** The shortest of the places that is this one, or a path above it. */
function topmost(place: string, places: ReadonlyMap<string, unknown>): string | undefined {
  const components = place.split('/');
  const paths = components.map((_, last) => components.slice(0, last + 1).join('/'));
  return paths.find((path) => places.has(path));
}

/** Returns the flows of a writer's rules to its place. */
export function flowsOf({ entries, place, target }: Writer): Flow[] {
  return entries.flatMap(({ index, rule }) => {
    const { about, at, as, naming } = rule;
    const only = onlyOf(rule);
    const path = naming.path.includes(placeholderOf(about)) ? undefined : only.path;
    const tag = naming.tag.includes('{tag}') ? undefined : only.tag;
    const family = JSON.stringify([at, place, as, path, tag]);
    return destinationPatterns(rule, place).map((pattern) => ({
      ...pattern,
      ...{ index, rule, target, family, beginning: beginningOf(pattern.steps) },
    }));
  });
}
