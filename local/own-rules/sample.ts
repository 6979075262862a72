import { commonTags } from '../../shared/rules/conflicts/common-tags';
import { commonTexts, type Budget } from '../../shared/rules/conflicts/common-texts';
import type { Rule } from '../../shared/rules/rules';
import { image } from '../images/image';
import { layer } from '../images/layer';
import type { SamplePush } from '../images/sample-release';

/** Names that people would choose. */
const PATHS = ['api', 'sample', 'services/api'];
const TAGS = ['1.0.0', 'v1.0.0', 'latest', 'main'];
const STEPS = 100_000;

/** An image that each rule releases from the vendor's registry, named below its address. */
export function samplePushes(rules: readonly Rule[], vendor: string): SamplePush[] {
  return rules.flatMap((rule): SamplePush[] => {
    if (rule.kind !== 'image' || !rule.at.startsWith(`${vendor}/`)) return [];
    const budget = { steps: STEPS };
    const path = pathFor(rule, budget);
    const tag = tagFor(rule, budget);
    if (path === undefined || tag === undefined) return [];
    const [platform] = rule.platforms ?? [];
    return [
      {
        image: [rule.at.slice(vendor.length + 1), ...(path === '' ? [] : [path])].join('/'),
        tag,
        about: `what rule "${rule.name}" releases`,
        content: image({ layers: [layer({ seed: rule.name })], ...(platform && { platform }) }),
      },
    ];
  });
}

function pathFor(rule: Rule, budget: Budget): string | undefined {
  const { grammar } = rule.about.paths;
  const made = rule.pathPatterns.flatMap((steps) => [...commonTexts([steps], grammar, budget)]);
  return [...PATHS, ...made, ''].find((path) => rule.matchesPath(path));
}

function tagFor(rule: Rule, budget: Budget): string | undefined {
  const made = commonTags(rule, rule, budget).map(({ left }) => left);
  return [...TAGS, ...made].find((tag) => rule.judgeTag(tag).passes);
}
