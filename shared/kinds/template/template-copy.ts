import type { Attempt } from '../../copying/attempt';
import type { Reference } from '../../oci/reference';
import type { AllowedCopy } from '../../rules/authorize';
import type { Rules } from '../../rules/rules';
import { endOptions } from '../common/ends';
import type { HandCopy } from '../kind';
import { copyTemplate, type TemplateOutcome } from './copy';
import { imageNamesAt } from './image-names';
import { hasImage } from './images/images';
import { openTemplatePackage } from './open';
import { parseTemplateName } from './package';

/** Copies a pipeline template, as the account that the target names. */
export function copyAllowedTemplate(
  { source, rule, target, destination }: AllowedCopy<'template'>,
  attempt: Attempt,
  rules: Rules,
): Promise<TemplateOutcome> {
  const { registries, caches, clock, signal, traffic } = attempt;
  const { impersonate: identity } = target;
  return copyTemplate({
    source: openTemplatePackage(registries, source, endOptions(attempt, 'pull')),
    target: openTemplatePackage(registries, destination, endOptions(attempt, 'push', identity)),
    tag: source.tag,
    digest: source.digest,
    options: {
      immutable: rule.immutable,
      images: {
        rewrite: rule.rewriteImages,
        ...imageNamesAt(target, rules),
        isThere: (image) =>
          hasImage(registries.open(image, endOptions(attempt, 'pull', identity)), image),
      },
    },
    caches,
    traffic,
    signal,
    clock,
  });
}

/** What the destination's tag holds. */
export async function heldTemplate(
  { destination, target }: AllowedCopy<'template'>,
  attempt: Attempt,
): Promise<string | undefined> {
  const opened = endOptions(attempt, 'pull', target.impersonate);
  const template = openTemplatePackage(attempt.registries, destination, opened);
  return destination.tag && (await template.readTag(destination.tag));
}

/** Copies a template by hand: it keeps its name and its tag, and its images keep theirs. */
export const templateHandCopy: HandCopy<'template'> = {
  takes: ['immutable'],
  problem(source, destination) {
    const { package: name } = parseTemplateName(source);
    if (name === undefined) return 'The source names a repository, and no template in it.';
    if (source.tag === undefined && source.digest === undefined) {
      return 'The source needs a :tag or a @digest.';
    }
    const { package: other = name } = parseTemplateName(destination);
    if (other !== name) {
      return `A template is named by its own text: it is "${name}" there, too, and not "${other}".`;
    }
    if (destination.digest !== undefined || (destination.tag ?? source.tag) !== source.tag) {
      return 'A template keeps its tag: give the destination the same one, or none.';
    }
    return undefined;
  },
  copy({ source, destination }, { immutable }, attempt) {
    const { registries, traffic, signal, caches, clock } = attempt;
    const there = packageAt(destination, source);
    return copyTemplate({
      source: openTemplatePackage(registries, source, endOptions(attempt, 'pull')),
      target: openTemplatePackage(registries, there, endOptions(attempt, 'push')),
      tag: source.tag,
      digest: source.digest,
      options: { immutable },
      caches,
      traffic,
      signal,
      clock,
    });
  },
};

/** A destination that names only a repository means the source's template in it. */
function packageAt({ registry, repository }: Reference, source: Reference) {
  const { package: own } = parseTemplateName({ registry, repository });
  const { package: name = '' } = parseTemplateName(source);
  return { registry, repository: own === undefined ? `${repository}/${name}` : repository };
}
