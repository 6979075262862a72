import { compareLoose, valid } from 'semver';
import type { Reference } from '../oci/reference';
import { matchTag } from '../rules/match';
import { pathBelow } from '../rules/place';
import type { ReferenceRule, Rules, Target } from '../rules/rules';
import type { SourceTag } from './source';

/** What a target should hold, by the rules: the tag of one image. */
export interface Wanted {
  readonly rule: ReferenceRule;
  readonly target: Target;
  readonly source: SourceTag;
  /** Below the rule's source, as globs see it; for the source itself its last component. */
  readonly image: string;
  readonly destination: Reference & { readonly tag: string };
}

/** Narrows what is looked at; an absent one lets all pass. */
export interface WantedFilter {
  readonly rule?: string;
  readonly target?: string;
  readonly image?: (image: string) => boolean;
  readonly tag?: (tag: string) => boolean;
  /** Uploaded then or later; what has no time passes. */
  readonly since?: Date;
  /** So many of the newest tags of each image, for each rule and target. */
  readonly newest?: number;
}

/** Says what the rules release of these tags, to whom; oldest first. */
export function selectWanted(
  rules: Rules,
  tags: readonly SourceTag[],
  filter: WantedFilter = {},
): Wanted[] {
  const wanted = tags.flatMap((source) =>
    matchTag(rules, source).flatMap(({ rule, target, destination: { tag, ...place } }): Wanted[] =>
      tag === undefined
        ? []
        : [{ rule, target, source, image: imageOf(rule, source), destination: { ...place, tag } }],
    ),
  );
  const passing = wanted.filter((one) => passes(one, filter)).sort(byAge);
  return filter.newest === undefined ? passing : newestOf(passing, filter.newest);
}

function imageOf(rule: ReferenceRule, source: SourceTag): string {
  const path = pathBelow(rule.source, source) ?? '';
  return path === '' ? (source.repository.split('/').at(-1) ?? '') : path;
}

function passes({ rule, target, image, source }: Wanted, filter: WantedFilter): boolean {
  const { since } = filter;
  return (
    (filter.rule === undefined || filter.rule === rule.name) &&
    (filter.target === undefined || filter.target === target.name) &&
    (filter.image?.(image) ?? true) &&
    (filter.tag?.(source.tag) ?? true) &&
    (since === undefined || source.uploadedAt === undefined || source.uploadedAt >= since)
  );
}

/** By the time of the upload; where that is unknown or equal by version, then by name. */
function byAge({ source: a }: Wanted, { source: b }: Wanted): number {
  const [before, after] = [a.uploadedAt?.getTime() ?? 0, b.uploadedAt?.getTime() ?? 0];
  if (before !== after) return before - after;
  if (valid(a.tag) !== null && valid(b.tag) !== null) return compareLoose(a.tag, b.tag);
  return a.tag < b.tag ? -1 : Number(a.tag > b.tag);
}

function newestOf(oldestFirst: readonly Wanted[], count: number): Wanted[] {
  const seen = new Map<string, number>();
  return oldestFirst
    .toReversed()
    .filter(({ rule, target, source }) => {
      const key = `${rule.name} ${target.name} ${source.registry}/${source.repository}`;
      const place = (seen.get(key) ?? 0) + 1;
      seen.set(key, place);
      return place <= count;
    })
    .reverse();
}
