import { formatReference, type Reference, type RepositoryName } from '../oci/reference';
import { destinationAt, repositoryAt } from './destination';
import type { Rule, Rules, Target } from './rules';

export { isAttachmentTag } from './tag-clauses';

/** One image that goes to one target, by one rule. Paused targets are among them: a job for one is acknowledged as paused. */
export interface Copy {
  readonly rule: Rule;
  readonly target: Target;
  readonly destination: Reference;
}

/**
 * Where an image with a tag goes: one copy for each (target, destination). When several rules give the same, the first
 * one's options hold. In the order of the rules, and of each rule's targets.
 */
export function matchTag(rules: Rules, image: RepositoryName & { readonly tag: string }): Copy[] {
  return copiesBy(rules, image, (rule, path) =>
    rule.judgeTag(image.tag).passes
      ? (target) => destinationAt(rule, target, path, image.tag)
      : undefined,
  );
}

/**
 * Where an attachment goes that was pushed after its image: to every repository that a rule with attachments may have
 * copied the image to, whatever its tag was. Destinations have no tag.
 */
export function matchImage(rules: Rules, image: RepositoryName): Copy[] {
  return copiesBy(rules, image, (rule, path) =>
    rule.attachments ? (target) => repositoryAt(rule, target, path) : undefined,
  );
}

type Destination = (target: Target) => Reference | undefined;

function copiesBy(
  rules: Rules,
  image: RepositoryName,
  admit: (rule: Rule, path: string) => Destination | undefined,
): Copy[] {
  const copies = new Map<string, Copy>();
  let [source, path] = ['', ''];
  // What a target is given depends on the path and `as` alone: a rule that names them again adds nothing.
  let receiversByNaming = new Map<string, Set<Target>>();
  for (const { rule } of rulesAbout(rules, image)) {
    if (rule.source.repository !== source) {
      source = rule.source.repository;
      path = image.repository.slice(source.length + 1);
      receiversByNaming = new Map();
    }
    if (!rule.matchesPath(path)) continue;
    const receivers = receiversByNaming.get(rule.as) ?? new Set();
    if (rule.targets.every((target) => receivers.has(target))) continue;
    const destinationFor = admit(rule, path);
    if (destinationFor === undefined) continue;
    receiversByNaming.set(rule.as, receivers);
    for (const target of rule.targets) {
      const destination = receivers.has(target) ? undefined : destinationFor(target);
      receivers.add(target);
      if (destination === undefined) continue;
      const key = `${target.name} ${formatReference(destination)}`;
      if (!copies.has(key)) copies.set(key, { rule, target, destination });
    }
  }
  return [...copies.values()];
}

/** Rules by their source, with their position; made once for each set of rules. */
type SourceIndex = ReadonlyMap<string, readonly Placed[]>;

interface Placed {
  readonly rule: Rule;
  readonly position: number;
}

const indexes = new WeakMap<Rules, SourceIndex>();

/** The rules whose source is this repository or a path above it, in order. */
function rulesAbout(rules: Rules, { registry, repository }: RepositoryName): readonly Placed[] {
  const index = indexes.get(rules) ?? indexSources(rules);
  const found: (readonly Placed[])[] = [];
  for (let end = repository.length; end > 0; end = repository.lastIndexOf('/', end - 1)) {
    const sharing = index.get(`${registry}/${repository.slice(0, end)}`);
    if (sharing !== undefined) found.push(sharing);
  }
  const [only = [], ...others] = found;
  return others.length === 0 ? only : found.flat().sort((a, b) => a.position - b.position);
}

function indexSources(rules: Rules): SourceIndex {
  const index = new Map<string, Placed[]>();
  for (const [position, rule] of rules.rules.entries()) {
    const source = formatReference(rule.source);
    const sharing = index.get(source) ?? [];
    sharing.push({ rule, position });
    index.set(source, sharing);
  }
  indexes.set(rules, index);
  return index;
}
