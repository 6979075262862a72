import type { ObjectReference } from '../objects/reference';
import { isTemporaryObject } from '../objects/temporary';
import type { Reference, RepositoryName } from '../oci/reference';
import { formatArtifact, isObject, type Artifact } from './artifact';
import { destinationAt, objectAt, repositoryAt } from './clauses/as';
import { isAttachment } from './judge';
import { formatPlace, nameOf } from './place';
import type { ObjectRule, ReferenceRule, Rule, Rules, Target } from './rules';

export { isAttachmentTag } from './clauses/tags';

/** One artifact that goes to one target, by one rule. Paused targets are among them: a job for one is acknowledged as paused. */
export type Copy = ReferenceCopy | ObjectCopy;

/** Of an image or a template. */
export interface ReferenceCopy {
  readonly rule: ReferenceRule;
  readonly target: Target;
  readonly destination: Reference;
}

export interface ObjectCopy {
  readonly rule: ObjectRule;
  readonly target: Target;
  readonly destination: ObjectReference;
}

/** What planCopies makes of an artifact, whatever its kind. Nothing of a reference with neither tag nor digest. */
export function matchArtifact(rules: Rules, artifact: Artifact): Copy[] {
  return isObject(artifact) ? matchObject(rules, artifact) : matchReference(rules, artifact);
}

/** {@link matchArtifact} of an image or a template. */
export function matchReference(rules: Rules, reference: Reference): ReferenceCopy[] {
  if (isAttachment(reference)) return matchImage(rules, reference);
  const { tag } = reference;
  return tag === undefined ? [] : matchTag(rules, { ...reference, tag });
}

/**
 * Where an image or template with a tag goes: one copy for each (target, destination). When several rules give the same, the
 * first one's options hold. In the order of the rules, and of each rule's targets.
 */
export function matchTag(
  rules: Rules,
  image: RepositoryName & { readonly tag: string },
): ReferenceCopy[] {
  return copiesBy(rules, image, isAboutReferences, (rule, path) =>
    rule.judgeTag(image.tag).passes
      ? (target) => destinationAt(rule, target, path, image.tag)
      : undefined,
  );
}

/**
 * Where an attachment goes that was pushed after its image: to every repository that a rule with attachments may have
 * copied the image to, whatever its tag was. Destinations have no tag.
 */
export function matchImage(rules: Rules, image: RepositoryName): ReferenceCopy[] {
  return copiesBy(rules, image, isAboutReferences, (rule, path) =>
    rule.attachments ? (target) => repositoryAt(rule, target, path) : undefined,
  );
}

/** Where an object goes: as {@link matchTag} for an image. Parts of an upload that is under way go nowhere. */
export function matchObject(rules: Rules, object: ObjectReference): ObjectCopy[] {
  if (isTemporaryObject(object.name)) return [];
  return copiesBy(
    rules,
    object,
    isAboutObjects,
    (rule, path) => (target) => objectAt(rule, target, path),
  );
}

function isAboutReferences(rule: Rule): rule is ReferenceRule {
  return rule.kind !== 'object';
}

function isAboutObjects(rule: Rule): rule is ObjectRule {
  return rule.kind === 'object';
}

type Destination<To> = (target: Target) => To | undefined;

interface CopyBy<By extends Rule, To> {
  readonly rule: By;
  readonly target: Target;
  readonly destination: To;
}

function copiesBy<By extends Rule, To extends Artifact>(
  rules: Rules,
  artifact: Artifact,
  isAbout: (rule: Rule) => rule is By,
  admit: (rule: By, path: string) => Destination<To> | undefined,
): CopyBy<By, To>[] {
  const copies = new Map<string, CopyBy<By, To>>();
  const name = nameOf(artifact);
  let [source, path] = ['', ''];
  // What a target is given depends on the path and `as` alone: a rule that names them again adds nothing.
  let receiversByNaming = new Map<string, Set<Target>>();
  for (const { rule, at } of rulesAbout(rules, name)) {
    if (!isAbout(rule)) continue;
    if (at !== source) {
      source = at;
      path = name.slice(source.length + 1);
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
      const key = `${target.name} ${formatArtifact(destination)}`;
      if (!copies.has(key)) copies.set(key, { rule, target, destination });
    }
  }
  return [...copies.values()];
}

/** Rules by their source, with their position; made once for each set of rules. */
type SourceIndex = ReadonlyMap<string, readonly Placed[]>;

interface Placed {
  readonly rule: Rule;
  /** The rule's source. */
  readonly at: string;
  readonly position: number;
}

const indexes = new WeakMap<Rules, SourceIndex>();

/** The rules whose source is what has this name, or a path above it, in order. */
function rulesAbout(rules: Rules, name: string): readonly Placed[] {
  const index = indexes.get(rules) ?? indexSources(rules);
  const found: (readonly Placed[])[] = [];
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
    const sharing = index.get(name.slice(0, end));
    if (sharing !== undefined) found.push(sharing);
  }
  const [only = [], ...others] = found;
  return others.length === 0 ? only : found.flat().sort((a, b) => a.position - b.position);
}

function indexSources(rules: Rules): SourceIndex {
  const index = new Map<string, Placed[]>();
  for (const [position, rule] of rules.rules.entries()) {
    const at = formatPlace(rule.source);
    const sharing = index.get(at) ?? [];
    sharing.push({ rule, at, position });
    index.set(at, sharing);
  }
  indexes.set(rules, index);
  return index;
}
