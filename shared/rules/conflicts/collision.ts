import { formatArtifact, type Artifact } from '../artifact';
import { splitNaming } from '../clauses/as';
import { sourceOf, type Flow } from './flows';
import { matchArtifact } from '../match';
import type { ReferenceRule } from '../rules';
import { commonTags, type TagPair } from './tag-witness';
import { commonTexts, nameGrammar, pathGrammar, type Budget } from './common-texts';

/** More than a file has rules. */
const MAX_CLAUSES = 2 ** 24;

/** Two artifacts that would become one. */
export interface Collision {
  readonly left: Artifact;
  readonly right: Artifact;
  readonly destination: Artifact;
}

/** Finds two artifacts, one of each flow, that the matcher sends to one destination. */
export function createCollisionFinder(budget: Budget): (a: Flow, b: Flow) => Collision | undefined {
  const tagsOf = createTagCache(budget);
  return (a, b) => {
    const grammar = a.rule.kind === 'object' ? nameGrammar : pathGrammar;
    for (const path of commonTexts(a.pattern, b.pattern, grammar, budget)) {
      const left = sourceOf(a.rule, a.pathOf(path));
      const right = sourceOf(b.rule, b.pathOf(path));
      if (left === undefined || right === undefined) continue;
      for (const [one, other] of releasesOf(a, left, b, right)) {
        const collision = collide(a, one, b, other);
        if (collision !== undefined) return collision;
      }
    }
    return undefined;
  };

  /** Of images and templates a tag is released, of objects what is there. */
  function releasesOf(a: Flow, left: Artifact, b: Flow, right: Artifact): [Artifact, Artifact][] {
    if (a.rule.kind === 'object' || b.rule.kind === 'object') return [[left, right]];
    return tagsOf(a.rule, b.rule).map((tags) => [
      { ...left, tag: tags.left },
      { ...right, tag: tags.right },
    ]);
  }
}

/** Lets the matcher itself judge two artifacts: a witness, if they differ and it sends both to one destination. */
function collide(a: Flow, left: Artifact, b: Flow, right: Artifact): Collision | undefined {
  if (formatArtifact(left) === formatArtifact(right)) return undefined;
  const destination = land(a, left);
  const other = land(b, right);
  if (destination === undefined || other === undefined) return undefined;
  return formatArtifact(destination) === formatArtifact(other)
    ? { left, right, destination }
    : undefined;
}

function land({ rule, target }: Flow, artifact: Artifact): Artifact | undefined {
  const only = { targets: [target], rules: [{ ...rule, targets: [target] }] };
  return matchArtifact(only, artifact)[0]?.destination;
}

/** Most rules of a large file share their tag clauses: those are compared once. */
function createTagCache(
  budget: Budget,
): (a: ReferenceRule, b: ReferenceRule) => readonly TagPair[] {
  const clauses = new Map<string, number>();
  const numbers = new WeakMap<ReferenceRule, number>();
  const known = new Map<number, readonly TagPair[]>();
  const numberOf = (rule: ReferenceRule): number => {
    let number = numbers.get(rule);
    if (number === undefined) {
      const clause = JSON.stringify([rule.tags, splitNaming(rule).tag]);
      number = clauses.get(clause) ?? clauses.size;
      clauses.set(clause, number);
      numbers.set(rule, number);
    }
    return number;
  };
  return (a, b) => {
    const key = numberOf(a) * MAX_CLAUSES + numberOf(b);
    let pairs = known.get(key);
    if (pairs === undefined) {
      pairs = commonTags(a, b, budget);
      known.set(key, pairs);
    }
    return pairs;
  };
}
