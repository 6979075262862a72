import { meet } from '../../text/meet';
import { beginningOf, createPrefixIndex } from '../../text/prefix-index';
import type { Steps } from '../../text/steps';
import { placeAt, type RuleKind } from '../kind';
import { destinationPatterns, sourcePatterns } from '../patterns';
import type { Entry, Rule, Target } from '../rules';

/** A pattern of names, with the rules that release by it. */
export interface Intake {
  readonly steps: Steps;
  readonly entries: readonly Entry[];
}

/** A rule writes to a hub from which other rules, or the rule itself, may release. */
export interface Edge {
  readonly from: Entry;
  readonly hub: Target;
  readonly to: Intake;
}

/**
 * Limits the time. Files whose rules name their images stay far below it. Beyond it, patterns with the same beginning count as
 * connected.
 */
const MAX_COMPARED = 1_000_000;

/**
 * Returns an edge for each rule that writes to the source of another, by source, path and `as`. Tags do not count: attachments
 * have none. No false negatives; few false positives.
 */
export function findEdges(entries: readonly Entry[]): Edge[] {
  const hubsAmong = createHubFilter(entries);
  const feeding = entries.filter(({ rule }) => hubsAmong(rule.targets).length > 0);
  // Most files have no hubs, and end here.
  if (feeding.length === 0) return [];

  const near = indexIntakes(entries);
  const known = new Map<string, readonly Intake[]>();
  let compared = 0;
  const intakesOf = (steps: Steps): readonly Intake[] => {
    const key = JSON.stringify(steps);
    const found =
      known.get(key) ??
      [...near(beginningOf(steps))].filter(
        (intake) => compared++ >= MAX_COMPARED || meet(steps, intake.steps) !== undefined,
      );
    known.set(key, found);
    return found;
  };

  return feeding.flatMap((from) => {
    const { about, targets } = from.rule;
    return hubsAmong(targets).flatMap((hub) => {
      const place = placeAt(hub, about);
      if (place === undefined) return [];
      const written = destinationPatterns(from.rule, about.reference.canonical(place));
      const intakes = new Set(written.flatMap(({ steps }) => intakesOf(steps)));
      return [...intakes].map((to) => ({ from, hub, to }));
    });
  });
}

/** Finds the intakes whose patterns begin as a name does, or go on from it. */
function indexIntakes(entries: readonly Entry[]): (beginning: string) => Generator<Intake> {
  const all = entries.flatMap((entry) =>
    sourcePatterns(entry.rule).map((steps) => ({ steps, entry })),
  );
  const intakes = [...Map.groupBy(all, ({ steps }) => JSON.stringify(steps)).values()].map(
    (some) => ({
      steps: some[0]?.steps ?? [],
      entries: some.map(({ entry }) => entry),
    }),
  );
  return createPrefixIndex(Map.groupBy(intakes, ({ steps }) => beginningOf(steps)));
}

/** Returns a function that selects, from a list of targets, those at, in or around a source: most targets are not, and cost nothing more. */
export function createHubFilter(
  entries: readonly Entry[],
): (targets: readonly Target[]) => readonly Target[] {
  const kinds = [...new Set(entries.map(({ rule }) => rule.about))];
  const byPlace = [...Map.groupBy(entries, ({ rule }) => rule.at).values()];
  const sources = byPlace.flatMap(([first]) => (first ? [sourceAt(first.rule)] : []));
  const near = createPrefixIndex(Map.groupBy(sources, (source) => source));
  const isHub = (target: Target): boolean =>
    kinds.some((kind) => {
      const name = nameAt(target, kind);
      return name !== undefined && near(name).next().done !== true;
    });
  const targets = new Set([...new Set(entries.map(({ rule }) => rule.targets))].flat());
  const hubs = new Set([...targets].filter(isHub));
  // Rules with equal lists of targets share the list.
  const known = new Map<readonly Target[], readonly Target[]>();
  return (list) => {
    const found = known.get(list) ?? list.filter((target) => hubs.has(target));
    known.set(list, found);
    return found;
  };
}

/** Returns the canonical name of the place where a target takes artifacts of a rule's kind. */
export function nameAt(target: Target, kind: RuleKind): string | undefined {
  const { reference } = kind;
  const place = placeAt(target, kind);
  return place && reference.nameOf(reference.canonical(place));
}

/** Returns the canonical name of a rule's source. */
export function sourceAt({ about: { reference }, source }: Rule): string {
  return reference.nameOf(reference.canonical(source));
}
