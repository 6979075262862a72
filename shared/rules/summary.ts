import type { Kind } from './artifact';
import { below } from './clauses/as';
import { formatPlace, placeAt } from './place';
import type { ObjectRule, Rule, Rules, TagClauses, Target } from './rules';

/** What flows where, rule by rule; plain data, for `check`. */
export interface Summary {
  readonly rules: readonly RuleSummary[];
  /** What is allowed but may surprise: targets that no rule names, signatures that cannot be carried. */
  readonly notes: readonly string[];
}

export interface RuleSummary {
  readonly rule: string;
  readonly kind: Kind;
  /** The source with its globs: `us-docker.pkg.dev/vendor/releases/{api,workers/**}`. */
  readonly releases: string;
  /** `latest, v*, semver >=1.4.0 <3, not *-rc*`; objects have none. */
  readonly tags?: string;
  readonly targets: readonly {
    readonly target: string;
    readonly destination: string;
    readonly paused: boolean;
    /** Whether each release there gets one: images alone do. */
    readonly receipts: boolean;
  }[];
}

/** Sums up what the rules release. */
export function summarize(rules: Rules): Summary {
  const named = new Set(rules.rules.flatMap(({ targets }) => targets));
  const idle = rules.targets
    .filter((target) => !named.has(target))
    .map(({ name }) => `target "${name}" is named by no rule: nothing goes there`);
  return {
    rules: rules.rules.map(summarizeRule),
    notes: [...idle, ...rules.rules.flatMap(notesOn)],
  };
}

function summarizeRule(rule: Rule): RuleSummary {
  const [only] = rule.globs;
  const globs = rule.globs.length === 1 ? only : `{${rule.globs.join(',')}}`;
  return {
    rule: rule.name,
    kind: rule.kind,
    releases: `${formatPlace(rule.source)}/${globs ?? ''}`,
    ...(rule.kind !== 'object' && { tags: describeTags(rule.tags) }),
    targets: rule.targets.map((target) => {
      const { name, paused, receipts } = target;
      const place = placeAt(target, rule.kind);
      const at = place === undefined ? '' : formatPlace(place);
      const isAttached = receipts && rule.kind === 'image';
      return { target: name, destination: below(at, rule.as), paused, receipts: isAttached };
    }),
  };
}

function describeTags({ include, semver, exclude }: TagClauses): string {
  const passing = [...(include ?? []), ...(semver === undefined ? [] : [`semver ${semver}`])];
  const refused = exclude?.map((glob) => `not ${glob}`) ?? [];
  return [...(passing.length === 0 ? ['all'] : passing), ...refused].join(', ');
}

function notesOn(rule: Rule): string[] {
  if (rule.kind === 'object') return rule.targets.flatMap((target) => noteOnReader(rule, target));
  if (rule.platforms === undefined) return [];
  return [
    `rule "${rule.name}" releases some platforms only: the target gets an index with another digest, ` +
      `so what signs the whole index is not carried`,
  ];
}

function noteOnReader(
  { name, source }: ObjectRule,
  { name: target, impersonate }: Target,
): string[] {
  if (impersonate === undefined) return [];
  return [
    `rule "${name}" copies to target "${target}" as ${impersonate}, which must read gs://${source.bucket}, too ` +
      `(roles/storage.objectViewer): a copy between buckets runs as one account`,
  ];
}
