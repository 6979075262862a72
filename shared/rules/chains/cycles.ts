import { isAltering } from '../clauses';
import { placeAt } from '../kind';
import { below, pathUnder } from '../place';
import type { Entry, Rule, Target } from '../rules';
import { createHubFilter, nameAt, sourceAt, type Edge, type Intake } from './edges';

/** Reports a problem where it is in the file. */
export interface ReportCycle {
  /** A target of a rule, which is at this position in the file. */
  readonly ofRule: (index: number, target: Target, message: string) => void;
  /** A place of a target. */
  readonly ofTarget: (target: Target, key: string, message: string) => void;
}

type Onward = ReadonlyMap<Entry, readonly Edge[]>;

/**
 * Reports rules that copy in a cycle: what is released there would be copied again and again, or two pushes would overwrite
 * each other without end. Of cycles that share a rule it reports one, as short as it gets, at the last of its rules in the file.
 */
export function checkCycles(
  entries: readonly Entry[],
  edges: readonly Edge[],
  report: ReportCycle,
): void {
  checkTargetsInside(entries, report);
  const onward: Onward = Map.groupBy(edges, ({ from }) => from);
  const reported = new Set<Entry>();
  for (const cycle of cyclesIn(onward)) {
    if (cycle.some((entry) => reported.has(entry))) continue;
    const start = cycle.reduce((one, other) => (other.index < one.index ? other : one));
    const steps = shortestCycle(onward, start);
    if (steps.length === 0) continue;
    for (const entry of [...cycle, ...steps.map(({ from }) => from)]) reported.add(entry);
    const last = steps.reduce((one, other) => (other.from.index > one.from.index ? other : one));
    report.ofRule(last.from.index, last.hub, describe(steps));
  }
}

/** Reports each target that lies inside the source of a rule that releases to it, once. */
function checkTargetsInside(entries: readonly Entry[], report: ReportCycle): void {
  const hubsAmong = createHubFilter(entries);
  const inside = new Set<Target>();
  for (const { rule } of entries) {
    for (const target of hubsAmong(rule.targets)) {
      if (inside.has(target) || !isInside(rule, target)) continue;
      inside.add(target);
      const { about, at, name } = rule;
      const which = `target "${target.name}" lies inside the source of rule "${name}" (${at})`;
      const names = otherNames([{ from: { rule }, hub: target }]);
      const why = 'what arrives there would be copied again, in a loop';
      report.ofTarget(target, about.place.key, `${which}: ${why}${names}`);
    }
  }
}

function isInside(rule: Rule, target: Target): boolean {
  return pathUnder(sourceAt(rule), nameAt(target, rule.about) ?? '') !== undefined;
}

interface Visit {
  readonly node: Entry | Intake;
  readonly left: Iterator<Entry | Intake>;
}

/** Finds a cycle wherever rules lead back to one another: a depth-first search, without recursion, as chains may be long. */
function* cyclesIn(onward: Onward): Generator<Entry[]> {
  const entered = new Set<Entry | Intake>();
  const path: Visit[] = [];
  const enter = (node: Entry | Intake): void => {
    entered.add(node);
    const next = 'rule' in node ? (onward.get(node) ?? []).map(({ to }) => to) : node.entries;
    path.push({ node, left: next[Symbol.iterator]() });
  };
  for (const start of onward.keys()) {
    if (!entered.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.left.next();
      if (next.done === true) path.pop();
      else if (!entered.has(next.value)) enter(next.value);
      else {
        const from = path.findLastIndex(({ node }) => node === next.value);
        if (from < 0) continue;
        yield path.slice(from).flatMap(({ node }) => ('rule' in node ? [node] : []));
      }
    }
  }
}

/**
 * Returns the shortest route from a rule back to it. Empty where that is one step, to a target inside the source of the rule,
 * which is reported by itself.
 */
function shortestCycle(onward: Onward, start: Entry): Edge[] {
  const entered = new Set<Entry | Intake>();
  const routes: { readonly entry: Entry; readonly route: Edge[] }[] = [{ entry: start, route: [] }];
  for (const { entry, route } of routes) {
    for (const edge of onward.get(entry) ?? []) {
      const next = [...route, edge];
      const isReported = entry === start && isInside(start.rule, edge.hub);
      if (!isReported && edge.to.entries.includes(start)) return next;
      if (entered.has(edge.to)) continue;
      entered.add(edge.to);
      for (const other of edge.to.entries) {
        if (entered.has(other)) continue;
        entered.add(other);
        routes.push({ entry: other, route: next });
      }
    }
  }
  return [];
}

function describe(steps: readonly Edge[]): string {
  const parts = steps.map(
    ({ from: { rule }, hub }) =>
      `"${rule.name}" copies ${rule.at} to ${writtenAt(rule, hub)} (target "${hub.name}")`,
  );
  const keys = new Set(
    steps.flatMap(({ from: { rule } }) => [`\`${rule.about.paths.key}\``, '`as`']),
  );
  return (
    `a cycle: ${parts.join(', then ')}, which "${steps[0]?.from.rule.name ?? ''}" copies again; ` +
    `take one of these targets out, or narrow ${[...keys].join(' or ')}${otherNames(steps)}`
  );
}

/** What a rule writes at a target, for people. */
function writtenAt({ about, as }: Rule, target: Target): string {
  const place = placeAt(target, about);
  return place === undefined ? '' : below(about.reference.nameOf(place), as);
}

/** Says which places have a second name there, by which people do not see the cycle; empty where none has. */
function otherNames(steps: readonly { from: Pick<Entry, 'rule'>; hub: Target }[]): string {
  const named = steps.flatMap(({ from: { rule }, hub }) => {
    const { reference } = rule.about;
    return [rule.source, placeAt(hub, rule.about)].flatMap((place) => {
      if (place === undefined) return [];
      const name = reference.nameOf(place);
      const at = reference.nameOf(reference.canonical(place));
      return name === at ? [] : [`${name} is ${at}`];
    });
  });
  return named.length === 0 ? '' : ` (${[...new Set(named)].join(', ')})`;
}

/** Reports a problem of a key of a rule, which is at this position in the file. */
type ReportKey = (index: number, key: string, message: string) => void;

/**
 * Reports `require` of rules whose images reach them altered: signatures cover the digest at the first source, and no other
 * digest on the route.
 */
export function checkAlterations(edges: readonly Edge[], report: ReportKey): void {
  const onward = Map.groupBy(edges, ({ from }) => from);
  /** Intakes of altered images, with the rule that has altered them. */
  const altered = new Map<Intake, Rule>();
  const reported = new Set<Rule>();
  for (const { from, to } of edges) {
    if (isAltering(from.rule) && !altered.has(to)) altered.set(to, from.rule);
  }
  for (const [{ entries }, by] of altered) {
    for (const entry of entries) {
      for (const { to } of onward.get(entry) ?? []) if (!altered.has(to)) altered.set(to, by);
      const { require: required } = entry.rule;
      if (required.length === 0 || reported.has(entry.rule)) continue;
      reported.add(entry.rule);
      report(
        entry.index,
        'require',
        `\`require\` cannot be satisfied: rule "${by.name}" filters platforms, so the digest is unsigned; put \`require\` on "${by.name}"`,
      );
    }
  }
}
