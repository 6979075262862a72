import type { Artifact, SourceRelease } from '../rules/artifact';
import { hubsOf } from '../rules/chains/tree';
import { pauseOf } from '../rules/pauses';
import type { Rule, Rules } from '../rules/rules';
import type { Finding, State } from './finding';
import { consideredBy, passes, selectWanted, type Wanted, type WantedFilter } from './wanted';

/** A hub in one of these states gives its own targets what it should not, or nothing, however right they are. */
const BEHIND: readonly State[] = ['missing', 'stale', 'attachments missing', 'held', 'waiting'];

/**
 * The findings, with the targets of hubs that are behind: a target that has what its hub has is `waiting`, and so is one
 * of which nothing is known because the hub lacks the release. One that differs from its hub is late itself, and keeps
 * its state. `now`, in milliseconds since 1970, says which targets are paused.
 */
export function withWaiting(rules: Rules, findings: readonly Finding[], now: number): Finding[] {
  const all = new Map(findings.map((finding) => [keyOf(rules, finding), finding]));
  // What is added on the way may be a hub, too.
  for (const hub of all.values()) {
    if (!BEHIND.includes(hub.state)) continue;
    for (const one of selectWanted(rules, [releaseAt(rules, hub)])) {
      const key = keyOf(rules, one);
      const known = all.get(key);
      if (known !== undefined && known.state !== 'current') continue;
      // Set again it comes last, and is therefore visited again for what waits behind it.
      all.delete(key);
      const pause = pauseOf(one.target, now);
      all.set(key, { ...one, ...known, state: 'waiting', ...(pause && { pause }) });
    }
  }
  return [...all.values()];
}

/** The same wherever it is found. */
function keyOf(
  { references }: Rules,
  { target, destination }: Pick<Finding, 'target' | 'destination'>,
): string {
  return `${target.name} ${references.format(destination)}`;
}

/** What a hub is to hold, as its own targets will find it. */
function releaseAt({ references }: Rules, { destination, source }: Wanted): SourceRelease {
  const { uploadedAt } = source;
  const at: Artifact = references.unpinned(destination);
  return { ...at, uploadedAt } as SourceRelease;
}

/**
 * The rules that may want something of what passes, and those that lead to them over however many hubs: without these
 * the waiting rules stay unknown.
 */
export function rulesTowards(rules: Rules, filter: WantedFilter): Rule[] {
  const hubs = hubsOf(rules);
  const names = new Set(consideredBy(rules, filter).map(({ name }) => name));
  for (const name of names) {
    for (const { from } of hubs.filter(({ to }) => to.includes(name))) {
      for (const one of from) names.add(one);
    }
  }
  return rules.rules.filter(({ name }) => names.has(name));
}

/** Returns whether a copy passes, or whether something does that is released on from it, over however many hubs. */
export function leadsTo(rules: Rules, filter: WantedFilter): (one: Wanted) => boolean {
  const hubs = new Set(hubsOf(rules).map(({ target }) => target));
  const leads = (one: Wanted): boolean =>
    passes(one, filter) ||
    (hubs.has(one.target.name) && selectWanted(rules, [releaseAt(rules, one)]).some(leads));
  return leads;
}
