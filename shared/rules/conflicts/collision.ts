import { isTag } from '../../oci/reference';
import { meet } from '../../text/meet';
import { literally, samplesOf, type Steps } from '../../text/steps';
import type { Artifact, References } from '../artifact';
import { onlyOf, patternsOf, sayingOf } from '../clauses';
import { ask, endsAt, evaluateRule } from '../match';
import type { Rule } from '../rules';
import type { Flow } from './flows';

/** Two artifacts that would become one. */
export interface Collision {
  readonly left: Artifact;
  readonly right: Artifact;
  readonly destination: Artifact;
}

/** What the search may still cost; one for all searches in a file, so that any file loads in seconds. */
export interface Budget {
  steps: number;
}

/**
 * Finds two artifacts, one of each flow, that the matcher sends to one destination: it judges samples of the names that the
 * patterns of both flows match, with samples of the tags.
 */
export function createCollisionFinder(
  references: References,
  budget: Budget,
): (a: Flow, b: Flow) => Collision | undefined {
  const tagsOf = createTagFinder(budget);
  return (a, b) => {
    const common = meet(a.steps, b.steps);
    if (common === undefined) return undefined;
    const tags = a.rule.about.has.tag === true ? tagsOf(a.rule, b.rule) : [undefined];
    for (const name of tags.length === 0 ? [] : samplesOf(common)) {
      const [left, right] = [sourceOf(a, name), sourceOf(b, name)];
      // A name that does not pass needs no tags.
      if (!left || !right || !destinationOf(a, left) || !destinationOf(b, right)) continue;
      for (const pair of tags) {
        const one = pair === undefined ? left : { ...left, tag: pair.left };
        const other = pair === undefined ? right : { ...right, tag: pair.right };
        const destination = destinationOf(a, one);
        if (same(one, other) || !same(destination, destinationOf(b, other))) continue;
        if (destination !== undefined) return { left: one, right: other, destination };
      }
    }
    return undefined;
  };

  /** Where the matcher sends an artifact, which may have no tag. */
  function destinationOf({ rule, target }: Flow, artifact: Artifact): Artifact | undefined {
    budget.steps--;
    const asked = ask(references, artifact, rule.at);
    return evaluateRule(rule, asked).passes ? endsAt(rule, target, asked)?.destination : undefined;
  }

  function same(one: Artifact | undefined, other: Artifact | undefined): boolean {
    if (one === undefined || other === undefined) return one === other;
    return references.format(one) === references.format(other);
  }
}

/** What a flow carries to a name at the target, without a tag; undefined when nothing could lie there at the source. */
function sourceOf({ rule, pathOf }: Flow, name: string): Artifact | undefined {
  return rule.about.artifactAt(rule.source, pathOf(name));
}

/** Two tags that two rules may give one name at the destination. */
interface TagPair {
  readonly left: string;
  readonly right: string;
}

/** Tags of a rule at the destination. */
interface TagNaming {
  readonly patterns: readonly Steps[];
  readonly sourceOf: (tag: string) => string;
  readonly pairs: Map<TagNaming, readonly TagPair[]>;
}

/** Finds samples of source tags that two rules may write to one tag. Most rules of a large file share their tags: those are compared once. */
function createTagFinder(budget: Budget): (a: Rule, b: Rule) => readonly TagPair[] {
  const namings = new Map<string, TagNaming>();
  const known = new Map<Rule, TagNaming>();
  const namingOf = (rule: Rule): TagNaming => {
    const met = known.get(rule);
    if (met !== undefined) return met;
    const key = JSON.stringify([sayingOf(rule, 'tag'), rule.naming.tag]);
    const naming = namings.get(key) ?? tagNaming(rule);
    namings.set(key, naming);
    known.set(rule, naming);
    return naming;
  };
  return (a, b) => {
    const [left, right] = [namingOf(a), namingOf(b)];
    const found = left.pairs.get(right) ?? tagPairs(left, right);
    if (!left.pairs.has(right)) budget.steps -= left.patterns.length * right.patterns.length;
    left.pairs.set(right, found);
    return found;
  };
}

function tagNaming(rule: Rule): TagNaming {
  const { tag } = rule.naming;
  const pairs = new Map<TagNaming, readonly TagPair[]>();
  if (!tag.includes('{tag}')) {
    const only = onlyOf(rule).tag ?? '';
    return { patterns: [literally(tag)], sourceOf: () => only, pairs };
  }
  const [before = '', after = ''] = tag.split('{tag}');
  const patterns = patternsOf(rule, 'tag').map((steps) => [
    ...literally(before),
    ...steps,
    ...literally(after),
  ]);
  return {
    patterns,
    sourceOf: (named) => named.slice(before.length, named.length - after.length),
    pairs,
  };
}

function tagPairs(a: TagNaming, b: TagNaming): TagPair[] {
  const pairs = new Map<string, TagPair>();
  for (const one of a.patterns) {
    for (const other of b.patterns) {
      const common = meet(one, other);
      for (const tag of common === undefined ? [] : samplesOf(common)) {
        const pair = { left: a.sourceOf(tag), right: b.sourceOf(tag) };
        if (isTag(pair.left) && isTag(pair.right)) pairs.set(`${pair.left} ${pair.right}`, pair);
      }
    }
  }
  return [...pairs.values()];
}
