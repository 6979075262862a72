import { isTag } from '../../oci/reference';
import { onlyOf, searches } from '../clauses';
import { tagGrammar } from '../tag-grammar';
import { literally, type Steps } from '../../text/steps';
import type { Rule } from '../rules';
import { combinations, commonTexts, type Budget } from './common-texts';

/** Two tags that two rules may give one name at the destination. */
export interface TagPair {
  readonly left: string;
  readonly right: string;
}

/** What parsing the clauses costs, in steps of the walk over patterns. */
const COST = 100;
const COST_OF_PROBE = 20;

/** Pairs of source tags that both rules let pass and write to the same tag; the search is bounded and may miss some. */
export function commonTags(left: Rule, right: Rule, budget: Budget): TagPair[] {
  const probes = [...new Set([...probesOf(left), ...probesOf(right)])];
  budget.steps -= COST + probes.length * COST_OF_PROBE;
  const pairs = new Map<string, TagPair>();
  for (const a of patternsOf(left, probes)) {
    for (const b of patternsOf(right, probes)) {
      for (const tag of commonTexts([...a, ...b], tagGrammar, budget)) {
        const pair = { left: sourceTag(left, tag), right: sourceTag(right, tag) };
        if (lets(left, pair.left) && lets(right, pair.right))
          pairs.set(`${pair.left} ${pair.right}`, pair);
      }
    }
  }
  return [...pairs.values()];
}

function probesOf(rule: Rule): string[] {
  return searches.tag.flatMap(({ probes }) => probes(rule));
}

function lets(rule: Rule, tag: string): boolean {
  return isTag(tag) && searches.tag.every(({ passes }) => passes(rule, tag));
}

/** What the rule's tags look like at the destination: they match all patterns of one of these. */
function patternsOf(rule: Rule, probes: readonly string[]): Steps[][] {
  const { tag } = rule.naming;
  if (!tag.includes('{tag}')) return [[literally(tag)]];
  const [before = '', after = ''] = tag.split('{tag}');
  return combinations(searches.tag.map(({ patterns }) => patterns(rule, probes))).map((some) =>
    some.map((steps) => [...literally(before), ...steps, ...literally(after)]),
  );
}

function sourceTag(rule: Rule, tag: string): string {
  const naming = rule.naming.tag;
  if (!naming.includes('{tag}')) return onlyOf(rule).tag ?? '';
  const [before = '', after = ''] = naming.split('{tag}');
  return tag.slice(before.length, tag.length - after.length);
}
