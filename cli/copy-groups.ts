import type { Wanted } from '../shared/inventory/wanted';
import { formatArtifact, nameOf, releaseName, tagOf } from '../shared/kinds/references';
import { formatNames } from '../shared/text/names';

/** Releases of one image (or objects of one rule) for the same targets, which share a line. */
export interface CopyGroup {
  readonly rule: string;
  /** Every release, once. */
  readonly releases: readonly Wanted['source'][];
  readonly targets: readonly string[];
  /** Where it is one release for one target. */
  readonly destination?: string;
}

/** A release for a target. */
type Copy = Pick<Wanted, 'rule' | 'source' | 'target' | 'destination'>;

/** A line for each copy. */
export function ungrouped(copies: readonly Copy[]): CopyGroup[] {
  return copies.map(({ rule, source, target, destination }) => ({
    rule: rule.name,
    releases: [source],
    targets: [target.name],
    destination: formatArtifact(destination),
  }));
}

/** Groups first the targets of each release, then the releases that have the same targets. */
export function groupCopies(copies: readonly Copy[]): CopyGroup[] {
  const releases = Map.groupBy(copies, ({ rule, source }) => `${rule.name} ${releaseName(source)}`);
  const withTargets = [...releases.values()].map((some) => ({
    some,
    targets: [...new Set(some.map(({ target }) => target.name))],
  }));
  const groups = Map.groupBy(withTargets, ({ some: [first], targets }) => {
    const place = first === undefined || tagOf(first.source) === '' ? '' : nameOf(first.source);
    return JSON.stringify([first?.rule.name, place, targets]);
  });
  return [...groups.values()].flatMap((group) => {
    const all = group.flatMap(({ some }) => some);
    const [only] = all;
    if (only === undefined) return [];
    if (all.length === 1) return ungrouped(all);
    const { targets } = group[0] ?? { targets: [] };
    const firsts = group.flatMap(({ some: [first] }) => (first === undefined ? [] : [first]));
    return [{ rule: only.rule.name, targets, releases: firsts.map(({ source }) => source) }];
  });
}

/** `us-docker.pkg.dev/v/r/api:1.4.0, 1.4.1 -> acme, globex (api-releases)` */
export function describeGroup({ rule, releases, targets, destination }: CopyGroup): string {
  const place = destination === undefined ? '' : `: ${destination}`;
  return `${namesOf(releases)} -> ${formatNames(targets)}${place} (${rule})`;
}

/** `us-docker.pkg.dev/v/r/api:1.4.0, 1.4.1, 1.4.2 and 9 more` */
export function namesOf(releases: CopyGroup['releases']): string {
  const [first] = releases;
  const tags = releases.map(tagOf);
  if (first === undefined || tags.includes('')) return formatNames(releases.map(releaseName));
  return `${nameOf(first)}:${formatNames(tags)}`;
}
