import type { Artifact, KindName, References } from './artifact';
import type { Candidate } from './clause';
import { selections } from './clauses';
import { placeholderOf } from './clauses/as';
import { placeAt, type Ends } from './kind';
import { pathUnder } from './place';
import { isDemanding, type Rule, type RuleSet, type Target } from './rules';

/** One artifact that goes to one target, by one rule. Paused targets are among them: a job for one is acknowledged as paused. */
export type Copy<K extends KindName = KindName> = Ends<K> & {
  /** The first that gives it: its options hold. */
  readonly rule: Rule;
  readonly target: Target;
  /** All that give it and have a `require` or an `after`, in their order: what each of them requires must be met. */
  readonly demanding: readonly Rule[];
};

/** The rules that name a target, as if it were the only one. */
export function rulesFor(target: Target, { rules, references }: RuleSet): RuleSet {
  const own = rules
    .filter(({ targets }) => targets.includes(target))
    .map((rule) => ({ ...rule, targets: [target] }));
  return { rules: own, references };
}

/**
 * Where an artifact goes: one copy for each (target, destination). When several rules give the same, the first one's options
 * hold, and the requirements of all. In the order of the rules, and of each rule's targets. Nothing of a name alone.
 */
export function matchArtifact(rules: RuleSet, artifact: Artifact): Copy[] {
  const { isNameAlone, isAttachment } = rules.references.detailsOf(artifact);
  return isNameAlone ? [] : copiesOf(rules, artifact, isAttachment);
}

/** {@link matchArtifact} of what is released for itself, and never as an attachment, whatever its tag looks like. */
export function matchRelease(rules: RuleSet, artifact: Artifact): Copy[] {
  return copiesOf(rules, artifact, false);
}

/**
 * Where an attachment goes that was pushed after its subject: to every place that a rule with attachments may have copied
 * the subject to, whatever its tag was. Destinations have no tag.
 */
export function matchAttachment(rules: RuleSet, artifact: Artifact): Copy[] {
  return copiesOf(rules, artifact, true);
}

/** The rules that require something of what has this name, whatever its tag is, in their order. */
export function rulesRequiring(rules: RuleSet, named: Artifact): Rule[] {
  return rulesReleasing(rules, named, isDemanding);
}

/** The rules that may release what has this name, whatever its tag is, in their order. */
export function rulesReleasing(
  rules: RuleSet,
  named: Artifact,
  isMeant: (rule: Rule) => boolean = () => true,
): Rule[] {
  const { references } = rules;
  const unpinned = references.unpinned(named);
  return rulesAbout(rules, references.nameOf(named)).flatMap(({ rule }) =>
    isMeant(rule) && evaluateRule(rule, ask(references, unpinned, rule.at)).passes ? [rule] : [],
  );
}

function copiesOf(rules: RuleSet, artifact: Artifact, isAttached: boolean): Copy[] {
  const copies = new Map<string, Found>();
  const { references } = rules;
  const askedAt = (at: string): Candidate => ({
    ...ask(references, artifact, at),
    isAttachment: isAttached,
  });
  let source: string | undefined;
  let asked = askedAt('');
  // What a target is given depends on the path and `as` alone: a rule that names them again adds nothing but what it requires.
  let receiversByNaming = new Map<string, Map<Target, Found | undefined>>();
  for (const { rule } of rulesAbout(rules, asked.name)) {
    if (rule.at !== source) {
      source = rule.at;
      asked = askedAt(source);
      receiversByNaming = new Map();
    }
    const receivers = receiversByNaming.get(rule.as) ?? new Map<Target, Found | undefined>();
    const demands = isDemanding(rule);
    if (!demands && rule.targets.every((target) => receivers.has(target))) continue;
    if (!evaluateRule(rule, asked).passes) continue;
    receiversByNaming.set(rule.as, receivers);
    for (const target of rule.targets) {
      if (!receivers.has(target)) receivers.set(target, findCopy(rule, target));
      if (demands) receivers.get(target)?.demanding.push(rule);
    }
  }
  return [...copies.values()];

  /** What the rule gives to a target: the copy that an earlier one has given already, if one has. */
  function findCopy(rule: Rule, target: Target): Found | undefined {
    const ends = endsAt(rule, target, asked);
    if (ends === undefined) return undefined;
    const key = `${target.name} ${references.format(ends.destination)}`;
    const copy = copies.get(key) ?? { ...ends, rule, target, demanding: [] };
    copies.set(key, copy);
    return copy;
  }
}

/** A copy, to which later rules may add what they require. */
type Found = Ends & { rule: Rule; target: Target; demanding: Rule[] };

/** An artifact on its way to a target, as the rule names it there; an attachment and a name alone keep no tag. */
export function endsAt(
  { about, naming }: Pick<Rule, 'about' | 'naming'>,
  target: Target,
  {
    artifact,
    path = '',
    tag,
    isAttachment,
  }: Pick<Candidate, 'artifact' | 'path' | 'tag' | 'isAttachment'>,
): Ends | undefined {
  const place = placeAt(target, about);
  if (place === undefined) return undefined;
  const named = naming.path.replace(placeholderOf(about), () => path);
  const tagged =
    tag === undefined || isAttachment ? undefined : naming.tag.replace('{tag}', () => tag);
  const destination = about.destinationAt(place, named, tagged);
  // Places of a kind lead to artifacts of that kind.
  return destination && ({ kind: about.name, source: artifact, destination } as Ends);
}

/** Rules by their source, with their position; made once for each set of rules. */
type SourceIndex = ReadonlyMap<string, readonly Placed[]>;

interface Placed {
  readonly rule: Rule;
  readonly position: number;
}

const indexes = new WeakMap<RuleSet, SourceIndex>();

/** The rules whose source is what has this name, or a path above it, in order: what the first clause would let pass. */
function rulesAbout(rules: RuleSet, name: string): readonly Placed[] {
  const index = indexes.get(rules) ?? indexSources(rules);
  const found: (readonly Placed[])[] = [];
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
    const sharing = index.get(name.slice(0, end));
    if (sharing !== undefined) found.push(sharing);
  }
  const [only = [], ...others] = found;
  return others.length === 0 ? only : found.flat().sort((a, b) => a.position - b.position);
}

function indexSources(rules: RuleSet): SourceIndex {
  const index = new Map<string, Placed[]>();
  for (const [position, rule] of rules.rules.entries()) {
    const sharing = index.get(rule.at) ?? [];
    sharing.push({ rule, position });
    index.set(rule.at, sharing);
  }
  indexes.set(rules, index);
  return index;
}

/** The result of the clauses of a rule for an artifact, independent of the target. */
export interface Evaluation {
  readonly passes: boolean;
  /** The place in the table of the clause that decides: the first that refuses, else the last that has a say. */
  readonly by: number;
}

// Ten thousand rules may be asked about one push: both evaluations of each clause are made once.
const QUESTIONS = selections.map(({ admits }, by) => ({
  admits,
  passing: { passes: true, by } satisfies Evaluation,
  refusing: { passes: false, by } satisfies Evaluation,
}));
const NOT_ASKED: Evaluation = { passes: true, by: -1 };

/** Asks the clauses of a rule, in the order of the table: matching, explaining and authorizing are views of this loop. */
export function evaluateRule(rule: Rule, asked: Candidate): Evaluation {
  let evaluation = NOT_ASKED;
  for (const { admits, passing, refusing } of QUESTIONS) {
    const admitted = admits(rule, asked);
    if (admitted === false) return refusing;
    if (admitted === true) evaluation = passing;
  }
  return evaluation;
}

/** An artifact as the clauses of a rule with this source (as text) see it. */
export function ask(
  references: Pick<References, 'detailsOf' | 'nameOf'>,
  artifact: Artifact,
  at: string,
): Candidate {
  const name = references.nameOf(artifact);
  return { ...references.detailsOf(artifact), artifact, name, path: pathUnder(at, name) };
}

/** The evaluation in words, for people. */
export function explainEvaluation(
  rule: Rule,
  asked: Candidate,
  { passes, by }: Evaluation,
): string {
  const words = selections[by]?.why(rule, asked, rule.about) ?? '';
  return passes && asked.isNameAlone ? `${words}; no tag was asked` : words;
}

/** How many of the clauses come before those about tags and subjects. */
export const ABOUT_NAMES = selections.filter(({ by }) => by === 'source' || by === 'path').length;
