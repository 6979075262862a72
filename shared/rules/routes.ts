import type { Artifact } from './artifact';
import { matchRelease, type Copy } from './match';
import { pauseOf } from './pauses';
import type { Rules } from './rules';

/** The path of an artifact to a target: from its source, or through hubs. */
export interface Route {
  readonly copy: Copy;
  readonly before?: Route;
}

/**
 * Returns the routes that begin with `copies`, those with fewer hops first. `next` returns the copies out of the destination
 * of a copy. Rules have no cycles, so this ends; a hub that several routes reach is followed once.
 */
export function findRoutes(
  rules: Pick<Rules, 'references'>,
  copies: readonly Copy[],
  next: (copy: Copy) => readonly Copy[],
): Route[] {
  const routes: Route[] = copies.map((copy) => ({ copy }));
  const seen = new Set<string>();
  for (const before of routes) {
    const hub = endOf(rules, before.copy);
    if (seen.has(hub)) continue;
    seen.add(hub);
    routes.push(...next(before.copy).map((copy) => ({ copy, before })));
  }
  return routes;
}

/**
 * Returns the copies of a release, those out of hubs included, except hubs that are paused at `now` (milliseconds since 1970):
 * the first for each destination.
 */
export function releasesAlong(rules: Rules, artifact: Artifact, now: number): Copy[] {
  const routes = findRoutes(rules, matchRelease(rules, artifact), ({ target, destination }) =>
    pauseOf(target, now) ? [] : matchRelease(rules, rules.references.unpinned(destination)),
  );
  const byEnd = Map.groupBy(routes, ({ copy }) => endOf(rules, copy));
  return [...byEnd.values()].flatMap(([first]) => (first === undefined ? [] : [first.copy]));
}

function endOf({ references }: Pick<Rules, 'references'>, { target, destination }: Copy): string {
  return `${target.name} ${references.format(destination)}`;
}
