import type { ObjectReference } from '../objects/reference';
import type { Reference } from '../oci/reference';
import { formatArtifact, isObject, type Artifact } from './artifact';
import { isAttachment, judgeRule, type Judgement } from './judge';
import {
  matchObject,
  matchReference,
  type Copy,
  type ObjectCopy,
  type ReferenceCopy,
} from './match';
import { didYouMean } from './nearest';
import type { Rule, Rules, Target } from './rules';

/** What a copy job asks for. */
export interface CopyRequest {
  readonly source: Artifact;
  readonly target: string;
  readonly rule?: string;
}

/** A copy that the rules allow, with what is to be copied; `kind` tells which of both it is. */
export type AllowedCopy = AllowedReferenceCopy | AllowedObjectCopy;

export interface AllowedReferenceCopy extends ReferenceCopy {
  readonly kind: 'image' | 'template';
  readonly source: Reference;
}

export interface AllowedObjectCopy extends ObjectCopy {
  readonly kind: 'object';
  readonly source: ObjectReference;
}

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
    return refuse(
      `the rules know no target "${request.target}"${didYouMean(request.target, names)}`,
    );
  }
  const named = rules.rules.find(({ name }) => name === request.rule);
  if (request.rule !== undefined && named === undefined) {
    const names = rules.rules.map(({ name }) => name);
    return refuse(`there is no rule "${request.rule}"${didYouMean(request.rule, names)}`);
  }
  const candidates = named === undefined ? rules.rules : [named];
  const [first, ...rest] = allowedCopies({ target, rules, candidates }, request.source);
  if (first === undefined) return explainRefusal(candidates, target, request.source);
  const all = isAttachment(request.source);
  return { allowed: true, copies: all ? [first, ...rest] : [first] };
}

interface Question {
  readonly target: Target;
  readonly rules: Rules;
  readonly candidates: readonly Rule[];
}

function allowedCopies(question: Question, source: Artifact): AllowedCopy[] {
  if (isObject(source)) {
    return copiesTo(question, (rules) => matchObject(rules, source)).map((copy) => ({
      ...copy,
      kind: 'object',
      source,
    }));
  }
  return copiesTo(question, (rules) => matchReference(rules, source)).map((copy) => ({
    ...copy,
    kind: copy.rule.kind,
    source,
  }));
}

/** The copies to one target that these rules make, with the options that hold when all rules are asked. */
function copiesTo<Made extends Copy>(
  { target, rules, candidates }: Question,
  match: (rules: Rules) => Made[],
): Made[] {
  const matchOnly = (considered: readonly Rule[]): Made[] => {
    const narrowed = considered
      .filter(({ targets }) => targets.includes(target))
      .map((rule) => ({ ...rule, targets: [target] }));
    return match({ targets: [target], rules: narrowed });
  };
  const wanted = new Set(
    matchOnly(candidates).map(({ destination }) => formatArtifact(destination)),
  );
  return matchOnly(rules.rules).filter(({ destination }) =>
    wanted.has(formatArtifact(destination)),
  );
}

function explainRefusal(
  candidates: readonly Rule[],
  target: Target,
  source: Artifact,
): Authorization {
  const image = formatArtifact(source);
  if (!isObject(source) && source.tag === undefined && source.digest === undefined) {
    return refuse(`${image} has neither a tag nor a digest`);
  }
  let best: { rule: Rule; judgement: Judgement; rank: number } | undefined;
  for (const rule of candidates) {
    const judgement = judgeRule(rule, source);
    const rank = rankOf(judgement, rule.targets.includes(target));
    if (rank > (best?.rank ?? -1)) best = { rule, judgement, rank };
  }
  if (best === undefined || (candidates.length > 1 && best.judgement.clause === 'source')) {
    return refuse(`no rule has a source that holds ${image}`);
  }
  const { rule, judgement } = best;
  const why = [
    ...(judgement.matched ? [] : [judgement.why]),
    ...(rule.targets.includes(target) ? [] : [`"${target.name}" is not among its targets`]),
  ];
  if (why.length === 0) why.push(`its \`as\` makes no valid name there ('${rule.as}')`);
  return refuse(
    `rule "${rule.name}" does not send ${image} to target "${target.name}": ${why.join('; ')}`,
    rule.name,
  );
}

/**
 * The fewer clauses refuse, the nearer: a rule that names the target and only its tags refuse comes before one that lets
 * the image pass to other targets.
 */
function rankOf({ matched, clause }: Judgement, named: boolean): number {
  if (matched) return named ? 6 : 4;
  if (clause === 'source') return 0;
  if (clause === 'path') return named ? 2 : 1;
  return named ? 5 : 3;
}

function refuse(why: string, nearest?: string): Authorization {
  return { allowed: false, why, ...(nearest !== undefined && { nearest }) };
}
