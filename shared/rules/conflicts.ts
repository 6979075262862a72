import { formatReference, type Reference } from '../oci/reference';
import type { Compiled } from './compile';
import { splitNaming } from './destination';
import { flowsOf, sourceOf, type Flow } from './flows';
import { literalPrefix } from './glob';
import { matchTag } from './match';
import type { Rule, Target } from './rules';
import { commonTags, type TagPair } from './tag-witness';
import { commonText, pathGrammar } from './witness';

type Entry = Compiled['rules'][number];
type ReportConflict = (index: number, message: string) => void;

/** Bounds on the search, so that the largest files load in seconds; far above what a file with few conflicts needs. */
const MAX_FLOWS = 200_000;
const MAX_PAIRS = 20_000_000;
const MAX_SEARCHES = 100_000;

const FILLERS = ['x', 'y', '0'];

/**
 * Reports each rule that may write another image to a destination that an earlier rule, or itself, writes to. Every report
 * has a witness: two images that the matcher really sends to one destination. That none is found is no proof: the search
 * is bounded, and samples versions.
 */
export function checkConflicts(entries: readonly Entry[], report: ReportConflict): void {
  const search = createSearch(report);
  let flows = 0;
  for (const arena of arenasOf(entries)) {
    const inside = arena.flatMap(({ target, lists }) =>
      lists.flat().flatMap(({ index, rule }) => {
        if (flows > MAX_FLOWS) return [];
        const added = flowsOf(index, rule, target);
        flows += added.length;
        return added;
      }),
    );
    search(inside);
  }
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

/**
 * Compares the flows of an arena. Two patterns can only meet when the literal beginning of one begins the other's; those
 * pairs are found by a map. Flows of one family never conflict and are passed over together.
 */
function createSearch(report: ReportConflict): (flows: readonly Flow[]) => void {
  const reported = new Set<number>();
  const findWitness = createWitnessFinder();
  let pairs = 0;
  const compare = (a: Flow, b: Flow): void => {
    const [earlier, later] = a.index <= b.index ? [a, b] : [b, a];
    if (reported.has(later.index)) return;
    const witness = findWitness(earlier, later);
    if (witness === undefined) return;
    reported.add(later.index);
    report(later.index, describe(earlier, later, witness));
  };
  return (flows) => {
    const byPrefix = indexFlows(flows);
    for (const [position, flow] of flows.entries()) {
      const prefix = literalPrefix(flow.pattern);
      for (let length = 0; length <= prefix.length; length++) {
        const families = byPrefix.get(prefix.slice(0, length)) ?? [];
        for (const [family, others] of families) {
          if (family === flow.family) continue;
          for (const other of others) {
            if (pairs++ > MAX_PAIRS) return;
            // Equal prefixes are seen from both sides.
            if (length < prefix.length || other.position < position) compare(other.flow, flow);
          }
        }
      }
    }
  };
}

type FlowIndex = ReadonlyMap<string, ReadonlyMap<string, readonly Placed[]>>;

interface Placed {
  readonly flow: Flow;
  readonly position: number;
}

/** Flows by the literal beginning of their pattern, then by family. */
function indexFlows(flows: readonly Flow[]): FlowIndex {
  const byPrefix = new Map<string, Map<string, Placed[]>>();
  for (const [position, flow] of flows.entries()) {
    const prefix = literalPrefix(flow.pattern);
    const families = byPrefix.get(prefix) ?? new Map<string, Placed[]>();
    const placed = families.get(flow.family) ?? [];
    placed.push({ flow, position });
    byPrefix.set(prefix, families.set(flow.family, placed));
  }
  return byPrefix;
}

interface Witness {
  readonly left: Reference;
  readonly right: Reference;
  readonly destination: Reference;
}

function createWitnessFinder(): (a: Flow, b: Flow) => Witness | undefined {
  const tagsOf = createTagCache();
  let searches = 0;
  return (a, b) => {
    const tags = tagsOf(a.rule, b.rule);
    if (tags.length === 0 || searches++ > MAX_SEARCHES) return undefined;
    for (const filler of FILLERS) {
      const repository = commonText(a.pattern, b.pattern, filler, pathGrammar);
      if (repository === undefined) return undefined;
      const left = sourceOf(a.rule, a.imageOf(repository));
      const right = sourceOf(b.rule, b.imageOf(repository));
      if (left === undefined || right === undefined) continue;
      for (const tag of tags) {
        const witness = collide(a, { ...left, tag: tag.left }, b, { ...right, tag: tag.right });
        if (witness !== undefined) return witness;
      }
    }
    return undefined;
  };
}

/** Lets the matcher itself judge two images: a witness, if they differ and it sends both to one destination. */
function collide(
  a: Flow,
  left: Reference & { readonly tag: string },
  b: Flow,
  right: Reference & { readonly tag: string },
): Witness | undefined {
  if (formatReference(left) === formatReference(right)) return undefined;
  const destination = land(a, left);
  const other = land(b, right);
  if (destination === undefined || other === undefined) return undefined;
  return formatReference(destination) === formatReference(other)
    ? { left, right, destination }
    : undefined;
}

function land(
  { rule, target }: Flow,
  image: Reference & { readonly tag: string },
): Reference | undefined {
  const [copy] = matchTag({ targets: [target], rules: [{ ...rule, targets: [target] }] }, image);
  return copy?.destination;
}

/** Most rules of a large file share their tag clauses. */
function createTagCache(): (a: Rule, b: Rule) => readonly TagPair[] {
  const known = new Map<string, readonly TagPair[]>();
  const keys = new WeakMap<Rule, string>();
  const keyOf = (rule: Rule): string => {
    const key = keys.get(rule) ?? JSON.stringify([rule.tags, splitNaming(rule.as).tag]);
    keys.set(rule, key);
    return key;
  };
  return (a, b) => {
    const key = `${keyOf(a)} ${keyOf(b)}`;
    const pairs = known.get(key) ?? commonTags(a, b);
    known.set(key, pairs);
    return pairs;
  };
}

function describe(earlier: Flow, later: Flow, { left, right, destination }: Witness): string {
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
