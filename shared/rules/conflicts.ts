import { formatReference } from '../oci/reference';
import { createCollisionFinder, type Collision } from './collision';
import type { Compiled } from './compile';
import { flowsOf, type Flow } from './flows';
import { pairsOf } from './pairs';
import type { Target } from './rules';

type Entry = Compiled['rules'][number];
type ReportConflict = (index: number, message: string) => void;

/** Bounds on the search, so that the largest files load in seconds; far above what a file with few conflicts needs. */
const MAX_FLOWS = 200_000;
const MAX_STEPS = 2_000_000;

/**
 * Reports each rule that may write another image to a destination that an earlier rule, or itself, writes to. Every report
 * has a witness: two images that the matcher really sends to one destination. That none is found is no proof: the search
 * is bounded, and samples versions.
 */
export function checkConflicts(entries: readonly Entry[], report: ReportConflict): void {
  const reported = new Set<number>();
  const budget = { steps: MAX_STEPS };
  const findCollision = createCollisionFinder(budget);
  let room = MAX_FLOWS;
  for (const arena of arenasOf(entries)) {
    const flows = flowsIn(arena, room);
    room -= flows.length;
    for (const [a, b] of pairsOf(flows, (rule) => reported.has(rule))) {
      if (budget.steps <= 0) return;
      const [earlier, later] = a.index <= b.index ? [a, b] : [b, a];
      if (reported.has(later.index)) continue;
      const collision = findCollision(earlier, later);
      if (collision === undefined) continue;
      reported.add(later.index);
      report(later.index, describe(earlier, later, collision));
    }
  }
}

/** The flows to all targets of an arena, in the order of the file. */
function flowsIn(arena: readonly Receiver[], room: number): Flow[] {
  const flows: Flow[] = [];
  for (const { target, lists } of arena) {
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
 * Targets whose repositories are equal or nested are looked at together; any other target stands alone, and one of those
 * that are named by the same rules stands for all of them.
 */
function arenasOf(entries: readonly Entry[]): Receiver[][] {
  const byList = [...groupBy(entries, ({ rule }) => rule.targets)];
  const receivers = new Map<string, { target: Target; lists: number[] }>();
  for (const [list, [targets]] of byList.entries()) {
    for (const target of targets) {
      const receiver = receivers.get(target.name) ?? { target, lists: [] };
      receiver.lists.push(list);
      receivers.set(target.name, receiver);
    }
  }
  const repositories = new Set(
    [...receivers.values()].map(({ target }) => formatReference(target.repository)),
  );
  const clusters = groupBy(receivers.values(), ({ target }) => topmost(target, repositories));
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

function groupBy<Key, Item>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** The shortest of the repositories that is this target's, or a path above it. */
function topmost({ repository }: Target, repositories: ReadonlySet<string>): string {
  const components = formatReference(repository).split('/');
  const paths = components.map((_, last) => components.slice(0, last + 1).join('/'));
  return paths.find((path) => repositories.has(path)) ?? '';
}

function describe(earlier: Flow, later: Flow, { left, right, destination }: Collision): string {
  const names = [...new Set([earlier.target.name, later.target.name])].map((name) => `"${name}"`);
  const rules =
    earlier.index === later.index
      ? `rule "${later.rule.name}" writes different images`
      : `rules "${earlier.rule.name}" and "${later.rule.name}" write different images`;
  return (
    `${rules} to one destination: ${formatReference(left)} and ${formatReference(right)} ` +
    `would both become ${formatReference(destination)} (target ${names.join(' and ')}); ` +
    'narrow `images`, `tags` or `as` of one'
  );
}
