import type { Artifact, References } from '../artifact';
import { searches } from '../clauses';
import { matchArtifact } from '../match';
import type { Rule } from '../rules';
import { commonTags, type TagPair } from './common-tags';
import { commonTexts, type Budget } from './common-texts';
import type { Flow } from './flows';

/** More than a file has rules. */
const MAX_CLAUSES = 2 ** 24;

/** Two artifacts that would become one. */
export interface Collision {
  readonly left: Artifact;
  readonly right: Artifact;
  readonly destination: Artifact;
}

/** Finds two artifacts, one of each flow, that the matcher sends to one destination. */
export function createCollisionFinder(
  references: References,
  budget: Budget,
): (a: Flow, b: Flow) => Collision | undefined {
  const tagsOf = createTagCache(budget);
  return (a, b) => {
    const { grammar } = a.rule.about.paths;
    for (const path of commonTexts([...a.patterns, ...b.patterns], grammar, budget)) {
      const left = sourceOf(a, path);
      const right = sourceOf(b, path);
      if (left === undefined || right === undefined) continue;
      for (const [one, other] of releasesOf(a, left, b, right)) {
        const collision = collide(a, one, b, other);
        if (collision !== undefined) return collision;
      }
    }
    return undefined;
  };

  /** Lets the matcher itself judge two artifacts: a witness, if they differ and it sends both to one destination. */
  function collide(a: Flow, left: Artifact, b: Flow, right: Artifact): Collision | undefined {
    if (references.format(left) === references.format(right)) return undefined;
    const destination = land(a, left);
    const other = land(b, right);
    if (destination === undefined || other === undefined) return undefined;
    return references.format(destination) === references.format(other)
      ? { left, right, destination }
      : undefined;
  }

  function land({ rule, target }: Flow, artifact: Artifact): Artifact | undefined {
    const only = { rules: [{ ...rule, targets: [target] }], references };
    return matchArtifact(only, artifact)[0]?.destination;
  }

  /** Of images and templates a tag is released, of objects what is there. */
  function releasesOf(a: Flow, left: Artifact, b: Flow, right: Artifact): [Artifact, Artifact][] {
    if (a.rule.about.has.tag !== true) return [[left, right]];
    return tagsOf(a.rule, b.rule).map((tags) => [
      { ...left, tag: tags.left },
      { ...right, tag: tags.right },
    ]);
  }
}

/** What a flow carries to a path at the target, or undefined when nothing could lie there at the source. */
function sourceOf({ rule, pathOf }: Flow, path: string): Artifact | undefined {
  return rule.about.artifactAt(rule.source, pathOf(path));
}

/** Most rules of a large file share their tag clauses: those are compared once. */
function createTagCache(budget: Budget): (a: Rule, b: Rule) => readonly TagPair[] {
  const clauses = new Map<string, number>();
  const numbers = new WeakMap<Rule, number>();
  const known = new Map<number, readonly TagPair[]>();
  const numberOf = (rule: Rule): number => {
    let number = numbers.get(rule);
    if (number === undefined) {
      const clause = JSON.stringify([
        ...searches.tag.map(({ says }) => says(rule)),
        rule.naming.tag,
      ]);
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
