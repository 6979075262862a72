import type { References } from '../artifact';
import { narrowingKeys } from '../clauses';
import { groupBy } from '../group-by';
import { placeAt, type RuleKind, type RuleKinds } from '../kind';
import type { Rule, Target } from '../rules';
import { createCollisionFinder, type Collision } from './collision';
import { flowsOf, type Flow } from './flows';
import { pairsOf } from './pairs';

/** A rule, with its position in the file. */
interface Entry {
  readonly index: number;
  readonly rule: Rule;
}

/** What is known of all kinds. */
interface Asked {
  readonly kinds: RuleKinds;
  readonly references: References;
}

type ReportConflict = (index: number, message: string) => void;

/** Bounds on the search, so that the largest files load in seconds; far above what a file with few conflicts needs. */
const MAX_FLOWS = 200_000;
const MAX_STEPS = 2_000_000;

/**
 * Reports each rule that may write another artifact to a destination that an earlier rule, or itself, writes to. Every report
 * has a witness: two artifacts that the matcher really sends to one destination. That none is found is no proof: the search
 * is bounded, and samples versions.
 */
export function checkConflicts(
  { kinds, references }: Asked,
  entries: readonly Entry[],
  report: ReportConflict,
): void {
  const reported = new Set<number>();
  const budget = { steps: MAX_STEPS };
  const findCollision = createCollisionFinder(references, budget);
  let room = MAX_FLOWS;
  for (const cluster of Object.values(kinds).flatMap((kind: RuleKind) =>
    clustersOf(entries, kind),
  )) {
    const flows = flowsIn(cluster, room);
    room -= flows.length;
    for (const [a, b] of pairsOf(flows, (rule) => reported.has(rule))) {
      if (budget.steps-- <= 0) return;
      const [earlier, later] = a.index <= b.index ? [a, b] : [b, a];
      if (reported.has(later.index)) continue;
      const collision = findCollision(earlier, later);
      if (collision === undefined) continue;
      reported.add(later.index);
      report(later.index, describe(kinds, earlier, later, collision));
    }
  }
}

/** The flows to all targets of a cluster, in the order of the file. */
function flowsIn(cluster: readonly Receiver[], room: number): Flow[] {
  const flows: Flow[] = [];
  for (const { target, lists } of cluster) {
    for (const { index, rule } of lists.flat()) {
      if (flows.length < room) flows.push(...flowsOf(index, rule, target));
    }
  }
  return flows.sort((a, b) => a.index - b.index);
}

/** A target, with the rules that name it: all rules with the same list of targets together. */
interface Receiver {
  readonly target: Target;
  readonly lists: readonly (readonly Entry[])[];
}

/**
 * Of one kind: targets whose places are equal or nested are looked at together; any other target stands alone, and one of
 * those that are named by the same rules stands for all of them.
 */
function clustersOf(entries: readonly Entry[], kind: RuleKind): Receiver[][] {
  const own = entries.filter(({ rule }) => rule.about === kind);
  const byList = [...groupBy(own, ({ rule }) => rule.targets)];
  const receivers = new Map<string, { at: string; target: Target; lists: number[] }>();
  for (const [list, [targets]] of byList.entries()) {
    for (const target of targets) {
      const place = placeAt(target, kind);
      // What a target has no place for is told elsewhere.
      if (place === undefined) continue;
      const at = kind.reference.nameOf(place);
      const receiver = receivers.get(target.name) ?? { at, target, lists: [] };
      receiver.lists.push(list);
      receivers.set(target.name, receiver);
    }
  }
  const places = new Set([...receivers.values()].map(({ at }) => at));
  const clusters = groupBy(receivers.values(), ({ at }) => topmost(at, places));
  const alone = new Set<string>();
  return [...clusters.values()]
    .filter((cluster) => {
      const profile = cluster[0]?.lists.join();
      if (cluster.length > 1 || profile === undefined) return true;
      const first = !alone.has(profile);
      alone.add(profile);
      return first;
    })
    .map((cluster) =>
      cluster.map(({ target, lists }) => ({
        target,
        lists: lists.map((list) => byList[list]?.[1] ?? []),
      })),
    );
}

/** The shortest of the places that is this one, or a path above it. */
function topmost(place: string, places: ReadonlySet<string>): string | undefined {
  const components = place.split('/');
  const paths = components.map((_, last) => components.slice(0, last + 1).join('/'));
  return paths.find((path) => places.has(path));
}

function describe(
  kinds: RuleKinds,
  earlier: Flow,
  later: Flow,
  { left, right, destination }: Collision,
): string {
  const names = [...new Set([earlier.target.name, later.target.name])].map((name) => `"${name}"`);
  const { about, kind } = later.rule;
  const { reference } = about;
  const keys = narrowingKeys(kinds, about).map((key) => `\`${key}\``);
  const rules =
    earlier.index === later.index
      ? `rule "${later.rule.name}" writes different ${kind}s`
      : `rules "${earlier.rule.name}" and "${later.rule.name}" write different ${kind}s`;
  return (
    `${rules} to one destination: ${reference.format(left)} and ${reference.format(right)} ` +
    `would both become ${reference.format(destination)} (target ${names.join(' and ')}); ` +
    `narrow ${keys.slice(0, -1).join(', ')} or ${keys.at(-1) ?? ''} of one`
  );
}
