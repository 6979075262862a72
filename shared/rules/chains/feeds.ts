import { groupBy } from '../group-by';
import { literalPrefix, type Steps } from '../../text/glob';
import type { Target } from '../rules';
import { lanesOf, nameAt, taken, written, type Entry, type Lane } from './lanes';
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
  // Mostly there are none, and the rest costs nothing.
  if (![...lists].some((targets) => targets.some(isHub))) return { toHubs: [], feeds: [] };

  const lanes = lanesOf(entries);
  const findTakers = createTakers(lanes);
  const toHubs = lanes.flatMap((from) => {
    const hubs = new Set(from.entries.flatMap(({ rule }) => rule.targets.filter(isHub)));
    return [...hubs].map((hub) => ({ from, hub }));
  });
  const feeds = toHubs.flatMap(({ from, hub }) =>
    findTakers(written(from.rule, hub)).map((to) => ({ from, hub, to })),
  );
  return { toHubs, feeds };
}

/** Whether a target is at, in or around a source of its kind: most are not, and cost nothing more. */
function createHubTest(entries: readonly Entry[]): (target: Target) => boolean {
  const kinds = new Set(entries.map(({ rule }) => rule.about));
  const sources = new Set(entries.map(({ rule }) => rule.at));
  const around = new Set([...sources].flatMap(pathsAbove));
  const known = new Map<Target, boolean>();
  return (target) => {
    const isOne =
      known.get(target) ??
      [...kinds].some((kind) => {
        const name = nameAt(target, kind);
        if (name === undefined) return false;
        return around.has(name) || [name, ...pathsAbove(name)].some((path) => sources.has(path));
      });
    known.set(target, isOne);
    return isOne;
  };
}

function pathsAbove(name: string): string[] {
  const components = name.split('/');
  return components.slice(1).map((_, length) => components.slice(0, length + 1).join('/'));
}

interface Pattern {
  readonly prefix: string;
  readonly steps: Steps;
  readonly lane: Lane;
}

/** Finds the lanes that may take what a pattern describes, among those patterns of which one's beginning begins the other's. */
function createTakers(lanes: readonly Lane[]): (patterns: readonly Steps[]) => Lane[] {
  const all = lanes
    .flatMap((lane) =>
      taken(lane.rule).map((steps) => ({ prefix: literalPrefix(steps), steps, lane })),
    )
    .sort((a, b) => (a.prefix < b.prefix ? -1 : Number(a.prefix > b.prefix)));
  const byPrefix = groupBy(all, ({ prefix }) => prefix);
  let compared = 0;

  function* near(prefix: string): Generator<Pattern> {
    for (let length = 0; length < prefix.length; length++) {
      yield* byPrefix.get(prefix.slice(0, length)) ?? [];
    }
    for (let at = firstAt(all, prefix); at < all.length; at++) {
      const pattern = all[at];
      if (pattern?.prefix.startsWith(prefix) !== true) return;
      yield pattern;
    }
  }

  return (patterns) => {
    const takers = new Set<Lane>();
    for (const steps of patterns) {
      for (const { lane, steps: others } of near(literalPrefix(steps))) {
        if (takers.has(lane)) continue;
        if (compared++ >= MAX_COMPARED || mayMeet(steps, others)) takers.add(lane);
      }
    }
    return [...takers];
  };
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
