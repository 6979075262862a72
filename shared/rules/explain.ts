import { formatReference, type Reference } from '../oci/reference';
import { destinationAt, pathBelow, repositoryAt } from './destination';
import { isAttachment, judgeRule } from './judge';
import { matchImage, matchTag, type Copy } from './match';
import type { Rule, Rules, Target } from './rules';

/** Why an image is copied or not; plain data, as `explain --json` prints it. */
export interface Explanation {
  readonly reference: string;
  /** What planCopies would publish jobs for; those for a `paused` target are acknowledged and copy nothing. */
  readonly copies: readonly ExplainedCopy[];
  readonly rules: readonly RuleExplanation[];
}

export interface ExplainedCopy {
  readonly target: string;
  readonly rule: string;
  readonly destination: string;
  readonly paused?: true;
}

export interface RuleExplanation {
  readonly rule: string;
  readonly matched: boolean;
  /** The clause that decided. */
  readonly why: string;
  /** For a rule that matched: what comes of it at each target. */
  readonly targets: readonly TargetExplanation[];
}

export interface TargetExplanation {
  readonly target: string;
  readonly copied: boolean;
  readonly why: string;
  /** Absent when `as` makes no valid name of this image. */
  readonly destination?: string;
}

/**
 * Says for each rule and target whether an image would be copied, and why. A reference without tag and digest is judged by
 * the clauses about images alone and makes no copies.
 */
export function explain(rules: Rules, reference: Reference): Explanation {
  const copies = copiesOf(rules, reference);
  return {
    reference: formatReference(reference),
    copies: copies.map(({ target, rule, destination }) => ({
      target: target.name,
      rule: rule.name,
      destination: formatReference(destination),
      ...(target.paused && { paused: true }),
    })),
    rules: rules.rules.map((rule) => {
      const { matched, why } = judgeRule(rule, reference);
      const targets = matched
        ? rule.targets.map((target) => explainTarget(rule, target, reference, copies))
        : [];
      return { rule: rule.name, matched, why, targets };
    }),
  };
}

function copiesOf(rules: Rules, reference: Reference): Copy[] {
  const { tag } = reference;
  if (isAttachment(reference)) return matchImage(rules, reference);
  return tag === undefined ? [] : matchTag(rules, { ...reference, tag });
}

function explainTarget(
  rule: Rule,
  target: Target,
  reference: Reference,
  copies: readonly Copy[],
): TargetExplanation {
  const path = pathBelow(rule.source, reference) ?? '';
  const { tag } = reference;
  const place =
    tag === undefined || isAttachment(reference)
      ? repositoryAt(rule, target, path)
      : destinationAt(rule, target, path, tag);
  const about = (copied: boolean, why: string): TargetExplanation => ({
    target: target.name,
    copied,
    why,
    ...(place !== undefined && { destination: formatReference(place) }),
  });
  if (place === undefined) return about(false, `as '${rule.as}' makes no valid name of it`);
  const copy = copies.find(
    (other) =>
      other.target === target && formatReference(other.destination) === formatReference(place),
  );
  if (copy === undefined) return about(false, 'without a tag nothing is copied');
  if (copy.rule !== rule) {
    return about(false, `rule "${copy.rule.name}" comes first and gives this destination`);
  }
  return target.paused
    ? about(false, 'the target is paused: its job is acknowledged, and made good by backfill')
    : about(true, isAttachment(reference) ? 'copied if its subject is there' : 'copied');
}
