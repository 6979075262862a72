import { groupBy } from '../group-by';
import { pathUnder } from '../place';
import type { Rule, Target } from '../rules';
import type { Chains, Feed } from './feeds';
import { nameAt, writtenAt, type Lane } from './lanes';

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
    pathUnder(rule.at, nameAt(hub, rule.about) ?? '') !== undefined;
  const within = new Set<Target>();
  for (const { from, hub } of toHubs) {
    if (within.has(hub) || !isWithin(from, hub)) continue;
    within.add(hub);
    const { about, at, name } = from.rule;
    const which = `target "${hub.name}" lies inside the source of rule "${name}" (${at})`;
    const why = 'what arrives there would be copied again, in a loop';
    report.ofTarget(hub, about.place.key, `${which}: ${why}`);
  }
  const others = feeds.filter(({ from, hub, to }) => from !== to || !isWithin(from, hub));
  const byLane = groupBy(others, ({ from }) => from);
  for (const circle of circlesOf(byLane)) {
    const cycle = shortestWithin(byLane, circle);
    const steps = cycle.map(({ from, hub }) => stepOf(from, hub));
    const last = steps.reduce((one, other) => (other.index > one.index ? other : one));
    report.ofRule(last.index, last.target, describe(steps));
  }
}

interface Step {
  readonly index: number;
  readonly rule: Rule;
  readonly target: Target;
}

function stepOf(lane: Lane, target: Target): Step {
  const entry = lane.entries.find(({ rule }) => rule.targets.includes(target)) ?? lane.entries[0]!;
  return { ...entry, target };
}

function describe(steps: readonly Step[]): string {
  const parts = steps.map(
    ({ rule, target }) =>
      `"${rule.name}" copies ${rule.at} to ${writtenAt(rule, target)} (target "${target.name}")`,
  );
  const keys = new Set(steps.flatMap(({ rule }) => [`\`${rule.about.paths.key}\``, '`as`']));
  return (
    `a cycle: ${parts.join(', then ')}, which "${steps[0]?.rule.name ?? ''}" copies again; ` +
    `take one of these targets out, or narrow ${[...keys].join(' or ')}`
  );
}

type Feeds = ReadonlyMap<Lane, readonly Feed[]>;

/** The shortest way round within lanes that all lead to one another, from the one that comes first in the file. */
function shortestWithin(feeds: Feeds, circle: ReadonlySet<Lane>): Feed[] {
  const start = [...circle].reduce((one, other) => (firstOf(other) < firstOf(one) ? other : one));
  const ways = new Map<Lane, Feed[]>([[start, []]]);
  for (const [lane, way] of ways) {
    for (const feed of feeds.get(lane) ?? []) {
      if (feed.to === start) return [...way, feed];
      if (circle.has(feed.to) && !ways.has(feed.to)) ways.set(feed.to, [...way, feed]);
    }
  }
  return [];
}

function firstOf({ entries }: Lane): number {
  return entries[0]?.index ?? 0;
}

/** Tarjan's strongly connected components, those with a way round; without recursion, as chains may be long. */
function circlesOf(feeds: Feeds): Set<Lane>[] {
  const order = new Map<Lane, number>();
  const low = new Map<Lane, number>();
  const stack: Lane[] = [];
  const onStack = new Set<Lane>();
  const circles: Set<Lane>[] = [];

  const close = (lane: Lane): void => {
    const members = new Set<Lane>();
    let member: Lane | undefined;
    do {
      member = stack.pop()!;
      onStack.delete(member);
      members.add(member);
    } while (member !== lane);
    const isRound = members.size > 1 || (feeds.get(lane) ?? []).some(({ to }) => to === lane);
    if (isRound) circles.push(members);
  };

  for (const root of feeds.keys()) {
    const path: { lane: Lane; left: Iterator<Feed> }[] = [];
    const enter = (lane: Lane): void => {
      order.set(lane, order.size);
      low.set(lane, order.get(lane)!);
      stack.push(lane);
      onStack.add(lane);
      path.push({ lane, left: (feeds.get(lane) ?? [])[Symbol.iterator]() });
    };
    if (!order.has(root)) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { lane, left } = top;
      const next = left.next();
      if (next.done === true) {
        path.pop();
        const parent = path.at(-1)?.lane;
        if (parent) low.set(parent, Math.min(low.get(parent)!, low.get(lane)!));
        if (low.get(lane) === order.get(lane)) close(lane);
      } else if (!order.has(next.value.to)) {
        enter(next.value.to);
      } else if (onStack.has(next.value.to)) {
        low.set(lane, Math.min(low.get(lane)!, order.get(next.value.to)!));
      }
    }
  }
  return circles;
}
