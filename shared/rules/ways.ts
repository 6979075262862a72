import type { Artifact } from './artifact';
import { matchRelease, type Copy } from './match';
import type { Rules } from './rules';

/** How an artifact comes to a target: from its source, or from a hub, to which it came before. */
export interface Way {
  readonly copy: Copy;
  readonly before?: Way;
}

/**
 * The ways that begin with `copies`, those of fewer hops first; `next` gives what goes on from where a copy ends. Rules make
 * no circle, so that they come to an end; where several lead to one hub, it goes on from there once.
 */
export function waysFrom(
  rules: Pick<Rules, 'references'>,
  copies: readonly Copy[],
  next: (copy: Copy) => readonly Copy[],
): Way[] {
  const ways: Way[] = copies.map((copy) => ({ copy }));
  const seen = new Set<string>();
  for (const before of ways) {
    const hub = endOf(rules, before.copy);
    if (seen.has(hub)) continue;
    seen.add(hub);
    ways.push(...next(before.copy).map((copy) => ({ copy, before })));
  }
  return ways;
}

/** Where a release goes, and where it goes on from hubs; not from one that is paused. Of one destination the first copy. */
export function releasesAlong(rules: Rules, artifact: Artifact): Copy[] {
  const ways = waysFrom(rules, matchRelease(rules, artifact), ({ target, destination }) =>
    target.paused ? [] : matchRelease(rules, rules.references.unpinned(destination)),
  );
  const byEnd = Map.groupBy(ways, ({ copy }) => endOf(rules, copy));
  return [...byEnd.values()].flatMap(([first]) => (first === undefined ? [] : [first.copy]));
}

function endOf({ references }: Pick<Rules, 'references'>, { target, destination }: Copy): string {
  return `${target.name} ${references.format(destination)}`;
}
