import { formatReference, type Reference } from '../oci/reference';
import { splitNaming } from './destination';
import { sourceOf, type Flow } from './flows';
import { matchTag } from './match';
import type { Rule } from './rules';
import { commonTags, type TagPair } from './tag-witness';
import { commonTexts, pathGrammar, type Budget } from './witness';

/** More than a file has rules. */
const MAX_CLAUSES = 2 ** 24;

/** Two images that would become one. */
export interface Collision {
  readonly left: Reference;
  readonly right: Reference;
  readonly destination: Reference;
}

/** Finds two images, one of each flow, that the matcher sends to one destination. */
export function createCollisionFinder(budget: Budget): (a: Flow, b: Flow) => Collision | undefined {
  const tagsOf = createTagCache(budget);
  return (a, b) => {
    for (const repository of commonTexts(a.pattern, b.pattern, pathGrammar, budget)) {
      const left = sourceOf(a.rule, a.imageOf(repository));
      const right = sourceOf(b.rule, b.imageOf(repository));
      if (left === undefined || right === undefined) continue;
      for (const tag of tagsOf(a.rule, b.rule)) {
        const collision = collide(a, { ...left, tag: tag.left }, b, { ...right, tag: tag.right });
        if (collision !== undefined) return collision;
      }
    }
    return undefined;
  };
}

/** Lets the matcher itself judge two images: a witness, if they differ and it sends both to one destination. */
function collide(
  a: Flow,
  left: Reference & { readonly tag: string },
  b: Flow,
  right: Reference & { readonly tag: string },
): Collision | undefined {
  if (formatReference(left) === formatReference(right)) return undefined;
  const destination = land(a, left);
  const other = land(b, right);
  if (destination === undefined || other === undefined) return undefined;
  return formatReference(destination) === formatReference(other)
    ? { left, right, destination }
    : undefined;
}

function land(
  { rule, target }: Flow,
  image: Reference & { readonly tag: string },
): Reference | undefined {
  const [copy] = matchTag({ targets: [target], rules: [{ ...rule, targets: [target] }] }, image);
  return copy?.destination;
}

/** Most rules of a large file share their tag clauses: those are compared once. */
function createTagCache(budget: Budget): (a: Rule, b: Rule) => readonly TagPair[] {
  const clauses = new Map<string, number>();
  const numbers = new WeakMap<Rule, number>();
  const known = new Map<number, readonly TagPair[]>();
  const numberOf = (rule: Rule): number => {
    let number = numbers.get(rule);
    if (number === undefined) {
      const clause = JSON.stringify([rule.tags, splitNaming(rule.as).tag]);
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
