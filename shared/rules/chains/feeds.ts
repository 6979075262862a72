import { groupBy } from '../group-by';
import { literalPrefix, type Steps } from '../../text/steps';
import type { Target } from '../rules';
import { lanesOf, nameAt, sourceAt, taken, written, type Entry, type Lane } from './lanes';
import { mayMeet } from './meet';

/** What arrives at a target, a hub, may be taken on from there. */
export interface Feed {
  readonly from: Lane;
  readonly hub: Target;
  readonly to: Lane;
}

/** A bound on time, far above what files have whose rules name their images. Beyond it what could meet is said to. */
const MAX_COMPARED = 1_000_000;

/** What a lane writes to a target at, in or around a source of its kind. */
export interface ToHub {
  readonly from: Lane;
  readonly hub: Target;
}

export interface Chains {
  readonly toHubs: readonly ToHub[];
  readonly feeds: readonly Feed[];
}

/**
 * All that rules release from where other rules, or they themselves, release to: by source, path and `as`. Tags do not tell
 * apart, as what is attached to an image travels without them. Nothing is missed, and little is said that is not so.
 */
export function chainsOf(entries: readonly Entry[]): Chains {
  const isHub = createHubTest(entries);
  const lists = new Set(entries.map(({ rule }) => rule.targets));
  // Most files have no hubs, and end here.
  if (![...lists].some((targets) => targets.some(isHub))) return { toHubs: [], feeds: [] };

  const lanes = lanesOf(entries);
  const { findTakers, junctions } = createTakers(lanes);
  const toHubs = lanes.flatMap((from) => {
    const hubs = new Set(from.entries.flatMap(({ rule }) => rule.targets.filter(isHub)));
    return [...hubs].map((hub) => ({ from, hub }));
  });
  const feeds = toHubs.flatMap(({ from, hub }) =>
    findTakers(written(from.rule, hub)).map((to) => ({ from, hub, to })),
  );
  const passed = new Map(feeds.map(({ to, hub }) => [to, hub]));
  const beyond = [...junctions].flatMap(([from, some]) => {
    const hub = passed.get(from);
    return hub === undefined ? [] : some.map((to) => ({ from, hub, to }));
  });
  return { toHubs, feeds: [...feeds, ...beyond] };
}

/** Whether a target is at, in or around a source of its kind: most are not, and cost nothing more. */
function createHubTest(entries: readonly Entry[]): (target: Target) => boolean {
  const kinds = new Set(entries.map(({ rule }) => rule.about));
  const sources = new Set(entries.map(({ rule }) => sourceAt(rule)));
  const around = new Set([...sources].flatMap(pathsTo));
  const known = new Map<Target, boolean>();
  return (target) => {
    const isOne =
      known.get(target) ??
      [...kinds].some((kind) => {
        const name = nameAt(target, kind);
        if (name === undefined) return false;
        return around.has(name) || pathsTo(name).some((path) => sources.has(path));
      });
    known.set(target, isOne);
    return isOne;
  };
}

/** Itself, and what lies above it. */
function pathsTo(name: string): string[] {
  const components = name.split('/');
  return components.map((_, length) => components.slice(0, length + 1).join('/'));
}

interface Pattern {
  readonly prefix: string;
  readonly steps: Steps;
  /** The lane that takes by it, or a junction. */
  readonly lane: Lane;
}

interface Takers {
  /** The lanes, and junctions, that may take what these patterns describe. */
  readonly findTakers: (patterns: readonly Steps[]) => Lane[];
  /** The lanes behind each junction. */
  readonly junctions: ReadonlyMap<Lane, readonly Lane[]>;
}

/** Finds lanes whose patterns may match, comparing only those whose literal prefixes agree. */
function createTakers(lanes: readonly Lane[]): Takers {
  const junctions = new Map<Lane, readonly Lane[]>();
  const taking = lanes.flatMap((lane) => taken(lane.rule).map((steps) => ({ steps, lane })));
  const all = [...groupBy(taking, ({ steps }) => keyOf(steps)).values()]
    .flatMap(([first, ...others]): Pattern[] => {
      if (first === undefined) return [];
      const { steps, lane } = first;
      const prefix = literalPrefix(steps);
      if (others.length === 0) return [{ prefix, steps, lane }];
      const junction = { rule: lane.rule, entries: [] };
      junctions.set(junction, [lane, ...others.map((one) => one.lane)]);
      return [{ prefix, steps, lane: junction }];
    })
    .sort((a, b) => (a.prefix < b.prefix ? -1 : Number(a.prefix > b.prefix)));
  const byPrefix = groupBy(all, ({ prefix }) => prefix);
  let compared = 0;

  function* near(prefix: string): Generator<Pattern> {
    for (let length = 0; length < prefix.length; length++) {
      yield* byPrefix.get(prefix.slice(0, length)) ?? [];
    }
    for (let at = firstAt(all, prefix); ; at++) {
      const pattern = all[at];
      if (pattern?.prefix.startsWith(prefix) !== true) return;
      yield pattern;
    }
  }

  const known = new Map<string, readonly Lane[]>();
  const takersOf = (steps: Steps): readonly Lane[] => {
    const key = keyOf(steps);
    const found =
      known.get(key) ??
      [...near(literalPrefix(steps))].flatMap(({ lane, steps: others }) =>
        compared++ >= MAX_COMPARED || mayMeet(steps, others) ? [lane] : [],
      );
    known.set(key, found);
    return found;
  };
  return { junctions, findTakers: (patterns) => [...new Set(patterns.flatMap(takersOf))] };
}

/** Equal for equal patterns. */
function keyOf(steps: Steps): string {
  return JSON.stringify(steps);
}

/** Where the first pattern is whose beginning does not come before this one. */
function firstAt(sorted: readonly Pattern[], prefix: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.prefix ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}
