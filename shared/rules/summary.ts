import type { KindName } from './artifact';
import { awaitedBy, selections } from './clauses';
import { placeAt } from './kind';
import { notesOf } from './notes';
import { pauseOf, type Pause } from './pauses';
import { below } from './place';
import type { Rule, Rules, Target } from './rules';

/** What flows where, rule by rule; plain data, for `check`. */
export interface Summary {
  readonly rules: readonly RuleSummary[];
  readonly groups: readonly { readonly group: string; readonly targets: readonly string[] }[];
  /** What is allowed but may surprise: targets that no rule names, signatures that cannot be carried. */
  readonly notes: readonly string[];
}

export interface RuleSummary {
  readonly rule: string;
  readonly kind: KindName;
  /** The source with its globs: `us-docker.pkg.dev/vendor/releases/{api,workers/**}`. */
  readonly releases: string;
  /** `latest, v*, semver >=1.4.0 <3, not *-rc*`; objects have none. */
  readonly tags?: string;
  readonly targets: readonly TargetSummary[];
  /** The groups that the rule names, and which of its targets it names itself. */
  readonly groups: readonly string[];
  readonly named: readonly string[];
  /** The rule whose targets come first, and how long they must hold a release. */
  readonly after?: { readonly rule: string; readonly soak: string };
  /** What its releases wait for: `signature by release or ci`. */
  readonly awaits: readonly string[];
  /** A destination as it is for all: `{repository}/{image}:{tag}`. */
  readonly as: string;
}

export interface TargetSummary {
  readonly target: string;
  readonly destination: string;
  readonly paused: boolean;
  /** If paused: until when and why. */
  readonly pause?: Pause;
  /** Whether each release there gets one: images alone do. */
  readonly receipts: boolean;
}

/** Sums up what the rules release, and what is to be said of it now. */
export function summarize(rules: Rules, now: Date): Summary {
  return {
    rules: rules.rules.map((rule) => summarizeRule(rule, rules, now)),
    groups: [...rules.groups].map(([group, targets]) => ({
      group,
      targets: targets.map(({ name }) => name),
    })),
    notes: notesOf(rules, now),
  };
}

/** The rules as if there were only these targets. */
export function narrowRules(rules: Rules, isMeant: (target: Target) => boolean): Rules {
  const meant = (targets: readonly Target[]): readonly Target[] => targets.filter(isMeant);
  return {
    ...rules,
    targets: meant(rules.targets),
    groups: new Map([...rules.groups].map(([name, targets]) => [name, meant(targets)])),
    rules: rules.rules
      .map((rule) => ({ ...rule, targets: meant(rule.targets) }))
      .filter(({ targets }) => targets.length > 0),
  };
}

function summarizeRule(rule: Rule, { groups }: Rules, now: Date): RuleSummary {
  const { about, after, kind, name, as } = rule;
  const listed = [...new Set(rule.listed)];
  const targets = new Set(rule.targets.map((target) => target.name));
  const tags = summaryBy(rule, ['tag']);
  return {
    rule: name,
    kind,
    releases: summaryBy(rule, ['source', 'path']).join('/'),
    ...(about.has.tag === true && { tags: tags.join(', ') }),
    targets: rule.targets.map((target) => {
      const place = placeAt(target, about);
      const at = place === undefined ? '' : about.reference.nameOf(place);
      const isAttached = target.receipts && about.has.attachments === true;
      const pause = pauseOf(target, now.getTime());
      return {
        target: target.name,
        destination: below(at, as),
        paused: pause !== undefined,
        ...(pause && { pause }),
        receipts: isAttached,
      };
    }),
    groups: listed.filter((one) => groups.has(one)),
    named: listed.filter((one) => targets.has(one)),
    ...(after && { after: { rule: after.rule, soak: after.soak } }),
    awaits: awaitedBy(rule),
    as: below(`{${about.place.key}}`, as),
  };
}

function summaryBy(rule: Rule, what: readonly string[]): string[] {
  return selections
    .filter(({ by }) => what.includes(by))
    .map(({ summary }) => summary(rule))
    .filter((text) => text !== '');
}
