import { coerce, SemVer, type Comparator } from 'semver';
import { isTag } from '../../oci/reference';
import { literalTag, splitNaming } from '../clauses/as';
import { GLOBSTAR, literally, parseGlob, type Steps } from '../glob';
import type { ReferenceRule } from '../rules';
import { parseRange } from '../clauses/tags';
import { commonTexts, tagGrammar, type Budget } from './common-texts';

/** Two tags that two rules may give one name at the destination. */
export interface TagPair {
  readonly left: string;
  readonly right: string;
}

/** What parsing the clauses costs, in steps of the walk over patterns. */
const COST = 100;
const COST_OF_SAMPLE = 20;

/** Pairs of source tags that both rules let pass and write to the same tag; the search is bounded and may miss some. */
export function commonTags(left: ReferenceRule, right: ReferenceRule, budget: Budget): TagPair[] {
  const samples = versionSamples([left, right]);
  budget.steps -= COST + samples.length * COST_OF_SAMPLE;
  const pairs = new Map<string, TagPair>();
  for (const a of patternsOf(left, samples)) {
    for (const b of patternsOf(right, samples)) {
      for (const tag of commonTexts(a, b, tagGrammar, budget)) {
        const pair = { left: sourceTag(left, tag), right: sourceTag(right, tag) };
        if (lets(left, pair.left) && lets(right, pair.right))
          pairs.set(`${pair.left} ${pair.right}`, pair);
      }
    }
  }
  return [...pairs.values()];
}

function lets(rule: ReferenceRule, tag: string): boolean {
  return isTag(tag) && rule.judgeTag(tag).passes;
}

/** What the rule's tags look like at the destination. */
function patternsOf(rule: ReferenceRule, samples: readonly string[]): Steps[] {
  const { tag } = splitNaming(rule);
  if (!tag.includes('{tag}')) return [literally(tag)];
  const { include, semver } = rule.tags;
  const patterns: Steps[] = (include ?? []).flatMap((glob) => parseGlob(glob, 'tag').alternatives);
  if (semver !== undefined) {
    patterns.push(...samples.filter((sample) => rule.judgeTag(sample).passes).map(literally));
  }
  if (include === undefined && semver === undefined) patterns.push([GLOBSTAR]);
  const [before = '', after = ''] = tag.split('{tag}');
  return patterns.map((steps) => [...literally(before), ...steps, ...literally(after)]);
}

function sourceTag(rule: ReferenceRule, tag: string): string {
  const naming = splitNaming(rule).tag;
  if (!naming.includes('{tag}')) return literalTag(rule.tags) ?? '';
  const [before = '', after = ''] = naming.split('{tag}');
  return tag.slice(before.length, tag.length - after.length);
}

/**
 * Versions at the edges of all ranges and at the numbers in all globs, with and without "v". Two ranges that have a
 * release in common have one of these in common.
 */
function versionSamples(rules: readonly ReferenceRule[]): string[] {
  const globs = rules.flatMap(({ tags }) => tags.include ?? []);
  const edges = rules
    .flatMap(({ tags }) => parseRange(tags.semver ?? '')?.set.flat() ?? [])
    .flatMap(edgesOf);
  const named = globs.flatMap((glob) => coerce(glob)?.version ?? []);
  const versions = new Set(['0.0.0', ...edges, ...named]);
  return [
    ...[...versions].flatMap((version) => [version, `v${version}`]),
    ...globs.filter(isPlain),
  ];
}

function edgesOf({ semver }: Comparator): string[] {
  // The comparator of "*" has a symbol in place of a version.
  if (!(semver instanceof SemVer)) return [];
  const { version } = semver;
  const steps = ['prerelease', 'patch', 'minor', 'major'] as const;
  return [version, ...steps.map((step) => new SemVer(version).inc(step).version)];
}

function isPlain(glob: string): boolean {
  return /^[\w.-]+$/.test(glob);
}
