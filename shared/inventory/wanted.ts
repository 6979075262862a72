import { compareBuild, valid } from 'semver';
import type { ObjectReference } from '../kinds/object/reference';
import type { Reference } from '../oci/reference';
import { isObject } from '../kinds/object/reference';
import { versionIn } from '../rules/clauses/tags';
import { matchRelease } from '../rules/match';
import { pathUnder } from '../rules/place';
import { nameOf } from '../kinds/references';
import type { Rule, Rules, Target } from '../rules/rules';
import { tagOf, type SourceObject, type SourceRelease, type SourceTag } from './release';

/** What a target should hold, by the rules. */
export type Wanted = WantedTag | WantedObject;

interface AnyWanted {
  readonly rule: Rule;
  readonly target: Target;
  /** Below the rule's source, as globs see it; for an image that is the source itself its last component. */
  readonly image: string;
}

/** The tag of an image or a template. */
export interface WantedTag extends AnyWanted {
  readonly kind: 'image' | 'template';
  readonly source: SourceTag;
  readonly destination: Reference & { readonly tag: string };
}

export interface WantedObject extends AnyWanted {
  readonly kind: 'object';
  readonly source: SourceObject;
  readonly destination: ObjectReference;
}

/** Narrows what is looked at; an absent one lets all pass. */
export interface WantedFilter {
  readonly rule?: string;
  readonly target?: string;
  readonly image?: (image: string) => boolean;
  /** Objects, which have none, do not pass. */
  readonly tag?: (tag: string) => boolean;
  /** Uploaded then or later; what has no time passes. */
  readonly since?: Date;
  /** So many of the newest tags of each image, for each rule and target. */
  readonly newest?: number;
}

/** Says what the rules release of these, to whom; oldest first. */
export function selectWanted(
  rules: Rules,
  releases: readonly SourceRelease[],
  filter: WantedFilter = {},
): Wanted[] {
  const wanted = releases.flatMap((release) => wantedOf(rules, release));
  const passing = wanted.filter((one) => passes(one, filter)).sort(byAge);
  return filter.newest === undefined ? passing : newestOf(passing, filter.newest);
}

function wantedOf(rules: Rules, source: SourceRelease): Wanted[] {
  if (isObject(source)) {
    return matchRelease(rules, source).flatMap(({ kind, rule, target, destination }) =>
      kind === 'object'
        ? [{ kind, rule, target, source, image: imageOf(rule, source), destination }]
        : [],
    );
  }
  return matchRelease(rules, source).flatMap(({ kind, rule, target, destination }) => {
    if (kind === 'object' || destination.tag === undefined) return [];
    const tagged = { ...destination, tag: destination.tag };
    return [{ kind, rule, target, source, image: imageOf(rule, source), destination: tagged }];
  });
}

function imageOf(rule: Rule, source: SourceRelease): string {
  const path = pathUnder(rule.at, nameOf(source)) ?? '';
  return path === '' ? (nameOf(source).split('/').at(-1) ?? '') : path;
}

function passes({ rule, target, image, source }: Wanted, filter: WantedFilter): boolean {
  const { since } = filter;
  return (
    (filter.rule === undefined || filter.rule === rule.name) &&
    (filter.target === undefined || filter.target === target.name) &&
    (filter.image?.(image) ?? true) &&
    (filter.tag === undefined || (!isObject(source) && filter.tag(source.tag))) &&
    (since === undefined || source.uploadedAt === undefined || source.uploadedAt >= since)
  );
}

/** By the time of the upload; where that is unknown or equal by version, then by name. */
function byAge({ source: a }: Wanted, { source: b }: Wanted): number {
  const [before, after] = [a.uploadedAt?.getTime() ?? 0, b.uploadedAt?.getTime() ?? 0];
  if (before !== after) return before - after;
  const [one, other] = [tagOf(a), tagOf(b)];
  const [version, otherVersion] = [versionIn(one), versionIn(other)];
  if (valid(version) !== null && valid(otherVersion) !== null) {
    return compareBuild(version, otherVersion);
  }
  return one < other ? -1 : Number(one > other);
}

function newestOf(oldestFirst: readonly Wanted[], count: number): Wanted[] {
  const seen = new Map<string, number>();
  return oldestFirst
    .toReversed()
    .filter(({ rule, target, source }) => {
      const key = `${rule.name} ${target.name} ${nameOf(source)}`;
      const place = (seen.get(key) ?? 0) + 1;
      seen.set(key, place);
      return place <= count;
    })
    .reverse();
}
