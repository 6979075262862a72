import type { Artifact, KindName, References } from './artifact';
import type { Candidate } from './clause';
import { awaitedBy } from './clauses';
import {
  ask,
  explainEvaluation,
  evaluateRule,
  endsAt,
  matchArtifact,
  matchAttachment,
  type Copy,
} from './match';
import { placeAt } from './kind';
import { catchUpOf, describePause, pauseOf, type Pause } from './pauses';
import type { Rule, Rules, Target } from './rules';
import { findRoutes } from './routes';

/** Why an artifact is copied or not; plain data, as `explain --json` prints it. */
export interface Explanation {
  readonly reference: string;
  readonly kind: KindName;
  /** What planCopies would publish jobs for; those for a `paused` target are acknowledged and copy nothing. */
  readonly copies: readonly ExplainedCopy[];
  /** What goes on from there over hubs, hop by hop; absent where nothing does. */
  readonly onward?: readonly OnwardCopy[];
  readonly rules: readonly RuleExplanation[];
}

export interface ExplainedCopy {
  readonly target: string;
  readonly rule: string;
  readonly destination: string;
  readonly paused?: true;
  /** With `paused`: until when and why. */
  readonly pause?: Pause;
  /** What it waits for, by each rule that gives this destination. */
  readonly awaits?: readonly Awaited[];
}

export interface OnwardCopy extends ExplainedCopy {
  /** The target that it goes on from, once it is there as `source`. */
  readonly hub: string;
  readonly source: string;
}

export interface Awaited {
  readonly rule: string;
  /** `signature by release or ci` */
  readonly statements: readonly string[];
}

export interface RuleExplanation {
  readonly rule: string;
  readonly matched: boolean;
  /** The clause that decided. */
  readonly why: string;
  /** For a rule that matched: its destination as it is for all, `{repository}/api:1.4.2`. */
  readonly as?: string;
  /** For a rule that matched: what comes of it at each target. */
  readonly targets: readonly TargetExplanation[];
}

export interface TargetExplanation {
  readonly target: string;
  readonly copied: boolean;
  readonly why: string;
  /** Absent when `as` makes no valid name of this artifact. */
  readonly destination?: string;
}

/** What an artifact is explained by. */
export interface ExplainOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where `rules` are those of some targets: the rules that lead over hubs to them. */
  readonly all?: Rules;
}

/**
 * Says for each rule and target whether an artifact would be copied, and why. A reference without tag and digest is judged
 * by the clauses about paths alone and makes no copies.
 */
export function explain(
  rules: Rules,
  reference: Artifact,
  { now, all = rules }: ExplainOptions,
): Explanation {
  const { references } = rules;
  const copies = matchArtifact(rules, reference);
  const meant = new Set(rules.targets.map(({ name }) => name));
  const onward = onwardOf(all, reference, now).filter(({ target }) => meant.has(target));
  return {
    reference: references.format(reference),
    kind: reference.kind,
    copies: copies.map((copy) => explainCopy(references, copy, now)),
    ...(onward.length > 0 && { onward }),
    rules: rules.rules.map((rule) => {
      const asked = ask(references, reference, rule.at);
      const evaluation = evaluateRule(rule, asked);
      const why = explainEvaluation(rule, asked, evaluation);
      if (!evaluation.passes) return { rule: rule.name, matched: false, why, targets: [] };
      const targets = rule.targets.map((target) =>
        explainTarget(rule, target, { references, asked, copies, now }),
      );
      return { rule: rule.name, matched: true, why, ...asForAll(rule, asked, references), targets };
    }),
  };
}

function explainCopy(
  references: References,
  { target, rule, destination, demanding }: Copy,
  now: number,
): ExplainedCopy {
  const pause = pauseOf(target, now);
  return {
    target: target.name,
    rule: rule.name,
    destination: references.format(destination),
    ...(pause && { paused: true, pause }),
    ...(demanding.length > 0 && {
      awaits: demanding.map((one) => ({ rule: one.name, statements: awaitedBy(one) })),
    }),
  };
}

/** The copies of copies. */
function onwardOf(rules: Rules, reference: Artifact, now: number): OnwardCopy[] {
  const { references } = rules;
  const { isAttachment } = references.detailsOf(reference);
  // What is attached has no tag there, by which it would be known again.
  const next = isAttachment ? matchAttachment : matchArtifact;
  const routes = findRoutes(rules, matchArtifact(rules, reference), ({ destination }) =>
    next(rules, destination),
  );
  return routes.flatMap(({ copy, before }) => {
    if (before === undefined) return [];
    const { target, destination } = before.copy;
    const from = { hub: target.name, source: references.format(destination) };
    return [{ ...from, ...explainCopy(references, copy, now) }];
  });
}

/** The key of a place stands for each customer's own. */
function asForAll(
  rule: Rule,
  asked: Candidate,
  references: References,
): Pick<RuleExplanation, 'as'> {
  const { about, targets } = rule;
  for (const target of targets) {
    const place = placeAt(target, about);
    const destination = endsAt(rule, target, asked)?.destination;
    if (place === undefined || destination === undefined) continue;
    const below = references.format(destination).slice(about.reference.nameOf(place).length);
    return { as: `{${about.place.key}}${below}` };
  }
  return {};
}

/** What the rules answer about the artifact. */
interface Answer {
  readonly references: References;
  readonly asked: Candidate;
  readonly copies: readonly Copy[];
  readonly now: number;
}

function explainTarget(
  rule: Rule,
  target: Target,
  { references, asked, copies, now }: Answer,
): TargetExplanation {
  const destination = endsAt(rule, target, asked)?.destination;
  const name = destination && references.format(destination);
  const about = (copied: boolean, why: string): TargetExplanation => ({
    target: target.name,
    copied,
    why,
    destination: name,
  });
  if (name === undefined) return about(false, `as '${rule.as}' makes no valid name of it`);
  const copy = copies.find(
    (other) => other.target === target && references.format(other.destination) === name,
  );
  if (copy === undefined) return about(false, 'without a tag nothing is copied');
  if (copy.rule !== rule) {
    return about(false, `rule "${copy.rule.name}" comes first and gives this destination`);
  }
  const pause = pauseOf(target, now);
  return pause
    ? about(false, `the target is ${describePause(pause)}; ${catchUpOf(pause)}`)
    : about(true, asked.isAttachment ? 'copied if its subject is there' : 'copied');
}
