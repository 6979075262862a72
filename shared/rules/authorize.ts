import type { Artifact, KindName, References } from './artifact';
import type { Candidate } from './clause';
import { selections } from './clauses';
import {
  ABOUT_NAMES,
  ask,
  explainEvaluation,
  evaluateRule,
  type Evaluation,
  matchArtifact,
  rulesFor,
  type Copy,
} from './match';
import { didYouMean } from '../text/nearest';
import type { Rule, Rules, Target } from './rules';

/** What a copy job asks for. */
export interface CopyRequest {
  readonly source: Artifact;
  readonly target: string;
  readonly rule?: string;
}

/** A copy that the rules allow. */
export type AllowedCopy<K extends KindName = KindName> = Copy<K>;

export type Authorization =
  | {
      readonly allowed: true;
      /**
       * At least one. A source with a tag, or an object, has one destination; an attachment (a digest alone, or an
       * attachment tag) has one for each repository at the target that its subject may be in, when the job names no rule.
       */
      readonly copies: readonly [AllowedCopy, ...AllowedCopy[]];
    }
  | {
      readonly allowed: false;
      /** For people: the rule that comes nearest, and the clause that refuses. */
      readonly why: string;
      readonly nearest?: string;
    };

/**
 * Says what the rules of this moment allow a job, whatever the rules of its planner were. Without a rule's name the first
 * rule that sends the source to the target is taken; where two rules give one destination the first one's options hold.
 */
export function authorize(rules: Rules, request: CopyRequest): Authorization {
  const target = rules.targets.find(({ name }) => name === request.target);
  if (target === undefined) {
    const names = rules.targets.map(({ name }) => name);
    return refuse(`unknown target "${request.target}"${didYouMean(request.target, names)}`);
  }
  const named = rules.rules.find(({ name }) => name === request.rule);
  if (request.rule !== undefined && named === undefined) {
    const names = rules.rules.map(({ name }) => name);
    return refuse(`there is no rule "${request.rule}"${didYouMean(request.rule, names)}`);
  }
  const candidates = named === undefined ? rules.rules : [named];
  const [first, ...rest] = copiesTo(target, candidates, rules, request.source);
  if (first === undefined)
    return explainRefusal(candidates, target, rules.references, request.source);
  const { isAttachment } = rules.references.detailsOf(request.source);
  return { allowed: true, copies: isAttachment ? [first, ...rest] : [first] };
}

/** The copies to one target that these rules make, with the options that hold when all rules are asked. */
function copiesTo(
  target: Target,
  candidates: readonly Rule[],
  { rules: all, references }: Rules,
  source: Artifact,
): AllowedCopy[] {
  const matchOnly = (rules: readonly Rule[]): Copy[] =>
    matchArtifact(rulesFor(target, { rules, references }), source);
  const wanted = new Set(
    matchOnly(candidates).map(({ destination }) => references.format(destination)),
  );
  return matchOnly(all).filter(({ destination }) => wanted.has(references.format(destination)));
}

function explainRefusal(
  candidates: readonly Rule[],
  target: Target,
  references: References,
  source: Artifact,
): Authorization {
  const image = references.format(source);
  if (references.detailsOf(source).isNameAlone)
    return refuse(`${image} has neither a tag nor a digest`);
  let best: { rule: Rule; asked: Candidate; evaluation: Evaluation; rank: number } | undefined;
  for (const rule of candidates) {
    const asked = ask(references, source, rule.at);
    const evaluation = evaluateRule(rule, asked);
    const rank = rankOf(evaluation, rule.targets.includes(target));
    if (rank > (best?.rank ?? -1)) best = { rule, asked, evaluation, rank };
  }
  if (best === undefined || (candidates.length > 1 && best.asked.path === undefined)) {
    return refuse(`no rule has a source that holds ${image}`);
  }
  const { rule, asked, evaluation } = best;
  const why = [
    ...(evaluation.passes ? [] : [explainEvaluation(rule, asked, evaluation)]),
    ...(rule.targets.includes(target) ? [] : [`"${target.name}" is not among its targets`]),
  ];
  if (why.length === 0) why.push(`its \`as\` makes no valid name there ('${rule.as}')`);
  return refuse(
    `rule "${rule.name}" does not send ${image} to target "${target.name}": ${why.join('; ')}`,
    rule.name,
  );
}

/**
 * The later a clause refuses, the nearer. That the target is named counts more than what is about tags, and less than what is
 * about names: a rule that names it and only its tags refuse comes before one that lets the image pass to other targets.
 */
function rankOf({ passes, by }: Evaluation, isNamed: boolean): number {
  const depth = passes ? selections.length : by;
  const asFarAsNames = Math.min(depth, ABOUT_NAMES);
  return (2 * asFarAsNames + Number(isNamed)) * (selections.length + 1) + depth;
}

function refuse(why: string, nearest?: string): Authorization {
  return { allowed: false, why, nearest };
}
