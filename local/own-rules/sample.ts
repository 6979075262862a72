import { patternsOf } from '../../shared/rules/clauses';
import { matchRelease } from '../../shared/rules/match';
import type { Rule, RuleSet } from '../../shared/rules/rules';
import { samplesOf } from '../../shared/text/steps';
import { image } from '../images/image';
import { layer } from '../images/layer';
import type { SamplePush } from '../images/sample-release';

/** Names that people would choose. */
const PATHS = ['api', 'sample', 'services/api'];
const TAGS = ['1.0.0', 'v1.0.0', 'latest', 'main'];

export interface OwnSample {
  readonly pushes: readonly SamplePush[];
  /** The rules of the vendor's images for which none was found that they release: a few samples are tried. */
  readonly without: readonly string[];
}

/** An image that each rule releases from the vendor's registry, named below its address. */
export function sampleOwn({ rules, references }: RuleSet, vendor: string): OwnSample {
  const pushes: SamplePush[] = [];
  const without: string[] = [];
  for (const rule of rules) {
    // Nothing but images lies in the vendor's registry.
    if (!rule.at.startsWith(`${vendor}/`)) continue;
    const found = findReleased({ rules: [rule], references }, rule, vendor);
    if (found === undefined) {
      without.push(rule.name);
      continue;
    }
    const [platform] = rule.platforms ?? [];
    pushes.push({
      ...found,
      about: `what rule "${rule.name}" releases`,
      content: image({ layers: [layer({ seed: rule.name })], platform }),
    });
  }
  return { pushes, without };
}

/** What is made of the patterns of the clauses is tried after the names that people would choose; the matcher itself decides. */
function findReleased(
  alone: RuleSet,
  rule: Rule,
  vendor: string,
): Pick<SamplePush, 'image' | 'tag'> | undefined {
  const tags = [...TAGS, ...patternsOf(rule, 'tag').flatMap(samplesOf)];
  const paths = [...PATHS, ...patternsOf(rule, 'path').flatMap(samplesOf), ''].filter(
    (path) => rule.about.artifactAt(rule.source, path) !== undefined,
  );
  const below = rule.at.slice(vendor.length + 1);
  for (const path of paths) {
    const image = [below, ...(path === '' ? [] : [path])].join('/');
    const isReleased = (tag: string) =>
      matchRelease(alone, { kind: 'image', registry: vendor, repository: image, tag }).length > 0;
    const tag = tags.find(isReleased);
    if (tag !== undefined) return { image, tag };
  }
  return undefined;
}
