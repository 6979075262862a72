import { SourceGoneError } from '../../copying/errors';
import {
  formatReference,
  referenceTo,
  InvalidReferenceError,
  parseReference,
  type Reference,
  type RepositoryName,
} from '../../oci/reference';
import { isAltering } from '../../rules/clauses';
import { matchRelease, rulesFor } from '../../rules/match';
import { pathUnder } from '../../rules/place';
import type { Rule, RuleSet, Target } from '../../rules/rules';
import type { ContentKind } from '../kind';
import { download } from './copy-context';
import { pipelineIn, type ImageNaming, type TargetImage, DEFAULT_TAG } from './images/images';
import { openTemplatePackage } from './open';
import { packageOnSide } from './sides';

/** The images of a template's executors. */
export const templateContent: ContentKind<'template'> = {
  async names(registries, template) {
    const { tag = '' } = template;
    const source = packageOnSide(
      openTemplatePackage(registries, template, { access: 'pull' }),
      'source',
    );
    const version = template.digest ?? (await source.readTag(tag));
    if (version === undefined) throw new SourceGoneError(referenceTo(source, tag));
    const bytes = await download(source, version);
    const why = 'what it names cannot be read:';
    const { images } = pipelineIn(referenceTo(source, version), bytes, why);
    return [...new Set(images.map(({ name }) => name))];
  },
  thereAt(target, rules) {
    const { nameOf, isOurs } = imageNamesAt(target, rules);
    return (name) => {
      const there = nameOf(name);
      const known = { isOurs: isOurs(name) };
      if (there === undefined) return known;
      const caveat = 'of an index the target is given some platforms only, with another digest';
      return { ...known, there: formatReference(there), ...(there.isAltered && { caveat }) };
    };
  },
};

/**
 * What images are called at one target. The rules alone decide it, so that the answer is always the same. A tag or digest
 * stays as it is written, unless the rule's `as` changes the tag. An image named by its digest alone is where the first
 * rule that releases any tag of it puts it.
 */
export function imageNamesAt(
  target: Target,
  rules: RuleSet,
): Pick<ImageNaming, 'target' | 'nameOf' | 'isOurs'> {
  const own = rulesFor(target, rules);
  const sources = rules.rules.filter(isAboutImages).map(({ at }) => at);
  return {
    target: target.name,
    nameOf(text) {
      const image = readImage(text);
      return image && nameAtTarget(own, image);
    },
    isOurs(text) {
      const image = readImage(text);
      return (
        image !== undefined &&
        sources.some((at) => pathUnder(at, formatReference(nameOf(image))) !== undefined)
      );
    },
  };
}

function nameAtTarget(own: RuleSet, image: Reference): TargetImage | undefined {
  const tag = image.tag ?? (image.digest === undefined ? DEFAULT_TAG : undefined);
  const asked = { kind: 'image' as const, ...nameOf(image), tag };
  const copy = matchRelease(own, asked).find(({ kind }) => kind === 'image');
  if (copy?.kind !== 'image') return undefined;
  const { destination } = copy;
  const isTagged = image.tag !== undefined || (destination.tag ?? DEFAULT_TAG) !== DEFAULT_TAG;
  return {
    ...nameOf(destination),
    ...(isTagged && destination.tag !== undefined && { tag: destination.tag }),
    digest: image.digest,
    ...(image.digest !== undefined && isAltering(copy.rule) && { isAltered: true }),
  };
}

function isAboutImages({ kind }: Rule): boolean {
  return kind === 'image';
}

function nameOf({ registry, repository }: RepositoryName): RepositoryName {
  return { registry, repository };
}

/**
 * Undefined for a name without a registry, such as `python:3.12`, and for one that is filled in when the pipeline runs.
 */
function readImage(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) return undefined;
    throw error;
  }
}
