import { formatArtifact, isAttachment, isNameAlone, type Artifact } from './artifact';
import type { ObjectReference } from '../kinds/object/reference';
import type { Reference, RepositoryName } from '../oci/reference';
import { placeholderOf } from './clauses/as';
import type { Asked } from './clause';
import { ask, judge } from './judge';
import type { Ends } from './kind';
import { nameOf } from './place';
import type { Rule, Rules, Target } from './rules';

/** One artifact that goes to one target, by one rule. Paused targets are among them: a job for one is acknowledged as paused. */
export type Copy = Ends & { readonly rule: Rule; readonly target: Target };

/** Of an image or a template. */
export type ReferenceCopy = Extract<Copy, { readonly kind: 'image' | 'template' }>;
export type ObjectCopy = Extract<Copy, { readonly kind: 'object' }>;

/**
 * Where an artifact goes: one copy for each (target, destination). When several rules give the same, the first one's options
 * hold. In the order of the rules, and of each rule's targets. Nothing of a reference with neither tag nor digest.
 */
export function matchArtifact(rules: Rules, artifact: Artifact): Copy[] {
  return isNameAlone(artifact) ? [] : copiesOf(rules, artifact, isAttachment(artifact));
}

/** {@link matchArtifact} of an image or template by its tag, which is never that of an attachment. */
export function matchTag(
  rules: Rules,
  image: RepositoryName & { readonly tag: string },
): ReferenceCopy[] {
  return copiesOf(rules, image, false).filter(isOfReference);
}

/**
 * Where an attachment goes that was pushed after its image: to every repository that a rule with attachments may have
 * copied the image to, whatever its tag was. Destinations have no tag.
 */
export function matchImage(rules: Rules, image: Reference): ReferenceCopy[] {
  return copiesOf(rules, image, true).filter(isOfReference);
}

/** {@link matchArtifact} of an object. */
export function matchObject(rules: Rules, object: ObjectReference): ObjectCopy[] {
  return copiesOf(rules, object, false).filter((copy) => !isOfReference(copy));
}

function isOfReference(copy: Copy): copy is ReferenceCopy {
  return 'registry' in copy.destination;
}

function copiesOf(rules: Rules, artifact: Artifact, isAttached: boolean): Copy[] {
  const copies = new Map<string, Copy>();
  let source: string | undefined;
  let asked: Asked = ask(artifact, '', isAttached);
  // What a target is given depends on the path and `as` alone: a rule that names them again adds nothing.
  let receiversByNaming = new Map<string, Set<Target>>();
  for (const { rule } of rulesAbout(rules, nameOf(artifact))) {
    if (rule.at !== source) {
      source = rule.at;
      asked = ask(artifact, source, isAttached);
      receiversByNaming = new Map();
    }
    const receivers = receiversByNaming.get(rule.as) ?? new Set();
    if (rule.targets.every((target) => receivers.has(target))) continue;
    if (!judge(rule, asked).passes) continue;
    receiversByNaming.set(rule.as, receivers);
    for (const target of rule.targets) {
      if (receivers.has(target)) continue;
      receivers.add(target);
      const ends = endsAt(rule, target, asked);
      if (ends === undefined) continue;
      const key = `${target.name} ${formatArtifact(ends.destination)}`;
      if (!copies.has(key)) copies.set(key, { ...ends, rule, target });
    }
  }
  return [...copies.values()];
}

/** An artifact on its way to a target, as the rule names it there; an attachment and a name alone keep no tag. */
export function endsAt(
  { about, naming }: Pick<Rule, 'about' | 'naming'>,
  target: Target,
  { artifact, path = '', tag, isAttachment }: Asked,
): Ends | undefined {
  const place = about.place.at(target);
  if (place === undefined) return undefined;
  const named = naming.path.replace(placeholderOf(about), () => path);
  const tagged =
    tag === undefined || isAttachment ? undefined : naming.tag.replace('{tag}', () => tag);
  return about.copyTo(artifact, place, named, tagged);
}

/** Rules by their source, with their position; made once for each set of rules. */
type SourceIndex = ReadonlyMap<string, readonly Placed[]>;

interface Placed {
  readonly rule: Rule;
  readonly position: number;
}

const indexes = new WeakMap<Rules, SourceIndex>();

/** The rules whose source is what has this name, or a path above it, in order: what the first clause would let pass. */
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
    const sharing = index.get(rule.at) ?? [];
    sharing.push({ rule, position });
    index.set(rule.at, sharing);
  }
  indexes.set(rules, index);
  return index;
}
