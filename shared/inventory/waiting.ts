import type { Artifact, SourceRelease } from '../rules/artifact';
import { hubsOf } from '../rules/chains/tree';
import { pauseOf } from '../rules/pauses';
import type { Rules } from '../rules/rules';
import type { Finding, State } from './finding';
import { selectWanted, type WantedFilter } from './wanted';

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
      // Set anew it comes last, and so is asked in its turn for what waits behind it.
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
function releaseAt({ references }: Rules, { destination, source }: Finding): SourceRelease {
  const { uploadedAt } = source;
  const at: Artifact = references.unpinned(destination);
  return { ...at, uploadedAt } as SourceRelease;
}

/**
 * What else has to be compared to know who waits: what leads to the rules that pass the filter, over however many hubs.
 * Undefined where nothing does.
 */
export function upstreamOf(
  rules: Rules,
  { rules: names, targets }: WantedFilter,
): WantedFilter | undefined {
  const hubs = hubsOf(rules);
  const wanted = new Set(
    rules.rules
      .filter(
        ({ name, targets: all }) =>
          (names?.has(name) ?? true) && all.some((one) => targets?.has(one.name) ?? true),
      )
      .map(({ name }) => name),
  );
  const upstream = { rules: new Set<string>(), targets: new Set<string>() };
  for (const name of wanted) {
    for (const { target, from, to } of hubs) {
      if (!to.includes(name)) continue;
      upstream.targets.add(target);
      for (const one of from) {
        upstream.rules.add(one);
        wanted.add(one);
      }
    }
  }
  return upstream.rules.size === 0 ? undefined : upstream;
}
