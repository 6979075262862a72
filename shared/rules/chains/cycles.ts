import { groupBy } from '../group-by';
import { placeAt } from '../kind';
import { pathUnder } from '../place';
import type { Rule, Target } from '../rules';
import type { Chains, Feed } from './feeds';
import { isJunction, nameAt, sourceAt, writtenAt, type Lane } from './lanes';

/** Where what is wrong stands. */
export interface ReportCycle {
  /** A target of a rule, which is at this position in the file. */
  readonly ofRule: (index: number, target: Target, message: string) => void;
  /** A place of a target. */
  readonly ofTarget: (target: Target, key: string, message: string) => void;
}

/**
 * Reports rules that copy in a circle: each such cycle once, as short as it gets, at the last of its rules in the file. What is
 * released there would be copied again and again, or two pushes would overwrite one another for ever.
 */
export function checkCycles({ toHubs, feeds }: Chains, report: ReportCycle): void {
  const isWithin = ({ rule }: Lane, hub: Target): boolean =>
    pathUnder(sourceAt(rule), nameAt(hub, rule.about) ?? '') !== undefined;
  const within = new Set<Target>();
  for (const { from, hub } of toHubs) {
    if (within.has(hub) || !isWithin(from, hub)) continue;
    within.add(hub);
    const { about, at, name } = from.rule;
    const which = `target "${hub.name}" lies inside the source of rule "${name}" (${at})`;
    const why = 'what arrives there would be copied again, in a loop';
    const names = otherNames([{ rule: from.rule, target: hub }]);
    report.ofTarget(hub, about.place.key, `${which}: ${why}${names}`);
  }
  const byLane = groupBy(feeds, ({ from }) => from);
  const isTold = ([first, ...more]: readonly Feed[]): boolean =>
    first !== undefined && more.length === 0 && isWithin(first.from, first.hub);
  for (const circle of componentsOf(byLane)) {
    const cycle = shortestWithin(byLane, circle, (way) => !isTold(way));
    const steps = cycle.flatMap(({ from, hub }) => stepOf(from, hub) ?? []);
    if (steps.length === 0) continue;
    const last = steps.reduce((one, other) => (other.index > one.index ? other : one));
    report.ofRule(last.index, last.target, describe(steps));
  }
}

interface Step {
  readonly index: number;
  readonly rule: Rule;
  readonly target: Target;
}

function stepOf({ entries }: Lane, target: Target): Step | undefined {
  const entry = entries.find(({ rule }) => rule.targets.includes(target));
  return entry && { ...entry, target };
}

function describe(steps: readonly Step[]): string {
  const parts = steps.map(
    ({ rule, target }) =>
      `"${rule.name}" copies ${rule.at} to ${writtenAt(rule, target)} (target "${target.name}")`,
  );
  const keys = new Set(steps.flatMap(({ rule }) => [`\`${rule.about.paths.key}\``, '`as`']));
  return (
    `a cycle: ${parts.join(', then ')}, which "${steps[0]?.rule.name ?? ''}" copies again; ` +
    `take one of these targets out, or narrow ${[...keys].join(' or ')}${otherNames(steps)}`
  );
}

/** Which places have a second name there, by which a circle is not seen; empty where none has. */
function otherNames(steps: readonly Pick<Step, 'rule' | 'target'>[]): string {
  const told = steps.flatMap(({ rule: { about, source }, target }) =>
    [source, placeAt(target, about)].flatMap((place) => {
      const [name, at] = place
        ? [place, about.reference.canonical(place)].map((one) => about.reference.nameOf(one))
        : [];
      return name === at ? [] : [`${name ?? ''} is ${at ?? ''}`];
    }),
  );
  return told.length === 0 ? '' : ` (${[...new Set(told)].join(', ')})`;
}

type Feeds = ReadonlyMap<Lane, readonly Feed[]>;

/**
 * The shortest way round that is meant, within lanes that all lead to one another, from the one that comes first in the file;
 * empty where none is. Junctions are no part of it.
 */
function shortestWithin(
  feeds: Feeds,
  circle: ReadonlySet<Lane>,
  isMeant: (way: readonly Feed[]) => boolean,
): Feed[] {
  const start = [...circle].reduce((one, other) => (firstOf(other) < firstOf(one) ? other : one));
  const ways = new Map<Lane, Feed[]>([[start, []]]);
  for (const [lane, way] of ways) {
    for (const feed of feeds.get(lane) ?? []) {
      const next = isJunction(feed.from) ? way : [...way, feed];
      if (feed.to === start && isMeant(next)) return next;
      if (circle.has(feed.to) && !ways.has(feed.to)) ways.set(feed.to, next);
    }
  }
  return [];
}

function firstOf({ entries }: Lane): number {
  return entries[0]?.index ?? Infinity;
}

interface Visit {
  readonly lane: Lane;
  readonly order: number;
  /** The least order that is known to be reached from it. */
  low: number;
  /** It belongs to no component yet. */
  isOpen: boolean;
  readonly left: Iterator<Feed>;
}

/** Tarjan's strongly connected components, also of one lane alone; without recursion, as chains may be long. */
function componentsOf(feeds: Feeds): Set<Lane>[] {
  const visits = new Map<Lane, Visit>();
  const open: Visit[] = [];
  const components: Set<Lane>[] = [];

  const enter = (lane: Lane): Visit => {
    const order = visits.size;
    const left = (feeds.get(lane) ?? [])[Symbol.iterator]();
    const visit = { lane, order, low: order, isOpen: true, left };
    visits.set(lane, visit);
    open.push(visit);
    return visit;
  };
  const close = (first: Visit): void => {
    const members = open.splice(open.lastIndexOf(first));
    for (const member of members) member.isOpen = false;
    components.push(new Set(members.map(({ lane }) => lane)));
  };

  for (const root of feeds.keys()) {
    const path = visits.has(root) ? [] : [enter(root)];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.left.next();
      if (next.done === true) {
        path.pop();
        const parent = path.at(-1);
        if (parent) parent.low = Math.min(parent.low, top.low);
        if (top.low === top.order) close(top);
        continue;
      }
      const met = visits.get(next.value.to);
      if (met === undefined) path.push(enter(next.value.to));
      else if (met.isOpen) top.low = Math.min(top.low, met.order);
    }
  }
  return components;
}
