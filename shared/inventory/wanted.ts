import { compareBuild, valid } from 'semver';
import type { Artifact, KindName, SourceRelease } from '../rules/artifact';
import { versionIn } from '../rules/tag-grammar';
import { matchRelease } from '../rules/match';
import { pathUnder } from '../rules/place';
import type { Rule, Rules, Target } from '../rules/rules';

/** What a target should hold, by the rules. */
export type Wanted<K extends KindName = KindName> = {
  [One in K]: {
    readonly kind: One;
    readonly rule: Rule;
    readonly target: Target;
    /** The rules whose requirements must be met. */
    readonly demanding: readonly Rule[];
    /** Below the rule's source, as globs see it; for an image that is the source itself its last component. */
    readonly image: string;
    readonly source: SourceRelease<One>;
    readonly destination: Artifact<One>;
  };
}[K];

/** Narrows what is looked at; an absent field lets all pass. */
export interface WantedFilter {
  /** Their names. */
  readonly rules?: ReadonlySet<string>;
  readonly targets?: ReadonlySet<string>;
  /** Their names, without digests and generations. */
  readonly releases?: ReadonlySet<string>;
  readonly image?: (image: string) => boolean;
  /** Objects, which have none, do not pass. */
  readonly tag?: (tag: string) => boolean;
  /** Uploaded then or later; what has no time passes. */
  readonly since?: Date;
  /** So many of the newest tags of each image, for each rule and target. */
  readonly newest?: number;
}

/** The rules that may want something of what passes. */
export function consideredBy({ rules, references }: Rules, filter: WantedFilter): readonly Rule[] {
  const names = filter.releases && [...filter.releases].map(references.parse);
  return rules.filter(
    ({ name, targets, at }) =>
      (filter.rules?.has(name) ?? true) &&
      targets.some((target) => filter.targets?.has(target.name) ?? true) &&
      (names?.some((one) => pathUnder(at, references.nameOf(one)) !== undefined) ?? true),
  );
}

/** Says what the rules release of these, to whom; oldest first. */
export function selectWanted(
  rules: Rules,
  releases: readonly SourceRelease[],
  filter: WantedFilter = {},
): Wanted[] {
  const passing = oldestFirst(rules.references, releases).flatMap((release) =>
    wantedOf(rules, release).filter((one) => passes(one, filter)),
  );
  return filter.newest === undefined ? passing : newestOf(passing, filter.newest);
}

function wantedOf(rules: Rules, source: SourceRelease): Wanted[] {
  const name = rules.references.nameOf(source);
  return matchRelease(rules, source).map(({ kind, rule, target, demanding, destination }) => {
    const path = pathUnder(rule.at, name) ?? '';
    const image = path === '' ? (name.split('/').at(-1) ?? '') : path;
    // A kind's releases go to destinations of that kind.
    return { kind, rule, target, demanding, image, source, destination } as Wanted;
  });
}

/** Empty where there is none. */
function tagOf({ rule, source }: Wanted): string {
  return rule.about.reference.detailsOf(source).tag ?? '';
}

function nameOf({ rule, source }: Wanted): string {
  const { reference } = rule.about;
  return reference.format(reference.unpinned(source));
}

/** Whether a filter lets it pass. */
export function passes(wanted: Wanted, filter: WantedFilter): boolean {
  const { rule, target, image, source } = wanted;
  const { since } = filter;
  const tag = tagOf(wanted);
  return (
    (filter.rules?.has(rule.name) ?? true) &&
    (filter.targets?.has(target.name) ?? true) &&
    (filter.releases?.has(nameOf(wanted)) ?? true) &&
    (filter.image?.(image) ?? true) &&
    (filter.tag === undefined || (tag !== '' && filter.tag(tag))) &&
    (since === undefined || source.uploadedAt === undefined || source.uploadedAt >= since)
  );
}

/** Sorts releases by the time of the upload; where that is unknown or equal by version, then by name. */
export function oldestFirst(
  { detailsOf }: Rules['references'],
  releases: readonly SourceRelease[],
): readonly SourceRelease[] {
  const aged = releases.map((release) => {
    const { tag = '' } = detailsOf(release);
    return { release, time: release.uploadedAt?.getTime() ?? 0, tag, version: versionIn(tag) };
  });
  type Aged = (typeof aged)[number];
  const compare = (a: Aged, b: Aged): number => {
    if (a.time !== b.time) return a.time - b.time;
    if (valid(a.version) !== null && valid(b.version) !== null) {
      return compareBuild(a.version, b.version);
    }
    return a.tag < b.tag ? -1 : Number(a.tag > b.tag);
  };
  return aged.sort(compare).map(({ release }) => release);
}

function newestOf(oldestFirst: readonly Wanted[], count: number): Wanted[] {
  const seen = new Map<string, number>();
  return oldestFirst
    .toReversed()
    .filter(({ rule, target, source }) => {
      const key = `${rule.name} ${target.name} ${rule.about.reference.nameOf(source)}`;
      const place = (seen.get(key) ?? 0) + 1;
      seen.set(key, place);
      return place <= count;
    })
    .reverse();
}
