import { isRepository, isTag, type Reference, type RepositoryName } from '../oci/reference';
import type { Rule, TagClauses, Target } from './rules';

/** `as` taken apart at its last colon: the path and the tag under the target's repository. */
export interface Naming {
  readonly path: string;
  readonly tag: string;
}

/** distribution-spec: many clients limit host and name together to 255 characters. */
const MAX_LENGTH = 255;

export function splitNaming(as: string): Naming {
  const colon = as.lastIndexOf(':');
  return { path: as.slice(0, colon), tag: as.slice(colon + 1) };
}

/** The path below `source`: empty for `source` itself, undefined for what is not under it. */
export function pathBelow(source: RepositoryName, image: RepositoryName): string | undefined {
  if (source.registry !== image.registry) return undefined;
  if (source.repository === image.repository) return '';
  const prefix = `${source.repository}/`;
  return image.repository.startsWith(prefix) ? image.repository.slice(prefix.length) : undefined;
}

/**
 * Where an image goes at a target. When the image is `source` itself, `{image}` is empty and so is the slash beside it:
 * with the default `as` it becomes the target's repository itself. Undefined when the name would not be one that a
 * registry takes, such as `-mirror` for an empty image under `as: '{image}-mirror:{tag}'`.
 */
export function repositoryAt(
  rule: Pick<Rule, 'as'>,
  target: Pick<Target, 'repository'>,
  image: string,
): RepositoryName | undefined {
  const { registry, repository } = target.repository;
  const path = splitNaming(rule.as).path.replace('{image}', () => image);
  const full = [repository, ...path.split('/').filter((part) => part !== '')].join('/');
  if (!isRepository(full) || registry.length + 1 + full.length > MAX_LENGTH) return undefined;
  return { registry, repository: full };
}

/** {@link repositoryAt}, with the tag. */
export function destinationAt(
  rule: Pick<Rule, 'as'>,
  target: Pick<Target, 'repository'>,
  image: string,
  tag: string,
): (Reference & { readonly tag: string }) | undefined {
  const repository = repositoryAt(rule, target, image);
  const renamed = splitNaming(rule.as).tag.replace('{tag}', () => tag);
  return repository === undefined || !isTag(renamed) ? undefined : { ...repository, tag: renamed };
}

/** What is wrong with `as`, given the clauses that decide how many images and tags it must keep apart. */
export function namingProblem(
  as: string,
  images: readonly string[] | undefined,
  tags: TagClauses | undefined,
): string | undefined {
  const quoted = JSON.stringify(as);
  if (!as.includes(':'))
    return `\`as\` is path and tag, such as "{image}:{tag}"; ${quoted} has no ":"`;
  const { path, tag } = splitNaming(as);
  const strange = [...as.matchAll(/\{[^{}]*\}?|\}/g)].find(
    ([text], _, all) =>
      !['{image}', '{tag}'].includes(text) || all.filter(([other]) => other === text).length > 1,
  )?.[0];
  if (strange !== undefined) {
    return ['{image}', '{tag}'].includes(strange)
      ? `\`as\` uses ${strange} twice: ${quoted}`
      : `unknown placeholder ${strange} in \`as\`: there are {image} and {tag}`;
  }
  if (path.includes('{tag}') || tag.includes('{image}')) {
    return `in \`as\` {image} belongs before the last ":" and {tag} after it: ${quoted}`;
  }
  if (images && !path.includes('{image}') && literalImage(images) === undefined) {
    return `the path of \`as\` needs {image}, or all images would become "${path}"; only one literal image may do without`;
  }
  if (tags && !tag.includes('{tag}') && literalTag(tags) === undefined) {
    return `the tag of \`as\` needs {tag}, or all tags would become "${tag}"; only one literal tag may do without`;
  }
  if (path.startsWith('/') || !isRepository(path.replace('{image}', 'x'))) {
    return `the path of \`as\`, "${path}", is not a repository path`;
  }
  return isTag(tag.replace('{tag}', 'x')) ? undefined : `the tag of \`as\`, "${tag}", is not a tag`;
}

/** The one image that the globs match, when they are one name. */
export function literalImage(images: readonly string[]): string | undefined {
  return images.length === 1 ? literalOf(images[0]) : undefined;
}

/** The one tag that passes, when it is one by its name alone. */
export function literalTag({ include, semver }: TagClauses): string | undefined {
  return include?.length === 1 && semver === undefined ? literalOf(include[0]) : undefined;
}

function literalOf(glob: string | undefined): string | undefined {
  return glob !== undefined && /^[\w./-]+$/.test(glob) ? glob : undefined;
}
