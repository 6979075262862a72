import { formatReference } from '../oci/reference';
import { splitNaming } from './destination';
import type { Rule, Rules, TagClauses } from './rules';

/** What flows where, rule by rule; plain data, for `check`. */
export interface Summary {
  readonly rules: readonly RuleSummary[];
  /** What is allowed but may surprise: targets that no rule names, signatures that cannot be carried. */
  readonly notes: readonly string[];
}

export interface RuleSummary {
  readonly rule: string;
  /** The source with its image globs: `us-docker.pkg.dev/vendor/releases/{api,workers/**}`. */
  readonly images: string;
  /** `latest, v*, semver >=1.4.0 <3, not *-rc*`. */
  readonly tags: string;
  readonly targets: readonly {
    readonly target: string;
    readonly destination: string;
    readonly paused: boolean;
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
  const { path } = splitNaming(rule.as);
  const [only] = rule.globs;
  const globs = rule.globs.length === 1 ? only : `{${rule.globs.join(',')}}`;
  return {
    rule: rule.name,
    images: `${formatReference(rule.source)}/${globs ?? ''}`,
    tags: describeTags(rule.tags),
    targets: rule.targets.map(({ name, repository, paused, receipts }) => ({
      target: name,
      destination: `${formatReference(repository)}/${path}:${splitNaming(rule.as).tag}`,
      paused,
      receipts,
    })),
  };
}

function describeTags({ include, semver, exclude }: TagClauses): string {
  const passing = [...(include ?? []), ...(semver === undefined ? [] : [`semver ${semver}`])];
  const refused = exclude?.map((glob) => `not ${glob}`) ?? [];
  return [...(passing.length === 0 ? ['all'] : passing), ...refused].join(', ');
}

function notesOn(rule: Rule): string[] {
  if (rule.platforms === undefined) return [];
  return [
    `rule "${rule.name}" releases some platforms only: the target gets an index with another digest, ` +
      `so what signs the whole index is not carried`,
  ];
}
