import { objectNameProblem, type ObjectReference } from '../../objects/reference';
import { isRepository, isTag, type Reference, type RepositoryName } from '../../oci/reference';
import type { Kind } from '../artifact';
import { placeAt } from '../place';
import type { ObjectRule, ReferenceRule, TagClauses, Target } from '../rules';

/** `as` taken apart at its last colon: the path and the tag under the target's place. Objects have no tag. */
export interface Naming {
  readonly path: string;
  readonly tag: string;
}

/** What stands in `as` for the path below `source`. */
export const PLACEHOLDERS = {
  image: '{image}',
  template: '{template}',
  object: '{object}',
} as const satisfies Record<Kind, string>;

/** `as` of a rule that does not say one. */
export const DEFAULT_NAMING = {
  image: '{image}:{tag}',
  template: '{template}:{tag}',
  object: '{object}',
} as const satisfies Record<Kind, string>;

/** distribution-spec: many clients limit host and name together to 255 characters. */
const MAX_LENGTH = 255;

export function splitNaming({ kind, as }: { kind: Kind; as: string }): Naming {
  if (kind === 'object') return { path: as, tag: '' };
  const colon = as.lastIndexOf(':');
  return { path: as.slice(0, colon), tag: as.slice(colon + 1) };
}

/**
 * Where an image or template goes at a target. When an image is `source` itself, `{image}` is empty and so is the slash
 * beside it: with the default `as` it becomes the target's repository itself. Undefined when the name would not be one
 * that a registry takes, such as `-mirror` for an empty image under `as: '{image}-mirror:{tag}'`.
 */
export function repositoryAt(
  rule: Pick<ReferenceRule, 'kind' | 'as'>,
  target: Target,
  path: string,
): RepositoryName | undefined {
  const place = placeAt(target, rule.kind);
  if (place === undefined) return undefined;
  const { registry, repository } = place;
  const below = splitNaming(rule).path.replace(PLACEHOLDERS[rule.kind], () => path);
  const full = [repository, ...below.split('/').filter((part) => part !== '')].join('/');
  if (!isRepository(full) || registry.length + 1 + full.length > MAX_LENGTH) return undefined;
  return { registry, repository: full };
}

/** {@link repositoryAt}, with the tag. */
export function destinationAt(
  rule: Pick<ReferenceRule, 'kind' | 'as'>,
  target: Target,
  path: string,
  tag: string,
): (Reference & { readonly tag: string }) | undefined {
  const repository = repositoryAt(rule, target, path);
  const renamed = splitNaming(rule).tag.replace('{tag}', () => tag);
  return repository === undefined || !isTag(renamed) ? undefined : { ...repository, tag: renamed };
}

/** Where an object goes at a target; undefined when no object could have the name. */
export function objectAt(
  { as }: Pick<ObjectRule, 'as'>,
  target: Target,
  path: string,
): ObjectReference | undefined {
  const { bucket } = target;
  if (bucket === undefined) return undefined;
  const name = below(
    bucket.prefix,
    as.replace(PLACEHOLDERS.object, () => path),
  );
  return objectNameProblem(name) === undefined ? { bucket: bucket.bucket, name } : undefined;
}

/** A path below a place's own, which may be empty. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}

/** The clauses that decide how many artifacts and tags an `as` must keep apart, as far as they are right. */
export interface Named {
  readonly globs?: readonly string[] | undefined;
  readonly tags?: TagClauses | undefined;
}

/** What is wrong with `as`. */
export function namingProblem(
  kind: 'image' | 'object',
  as: string,
  named: Named,
): string | undefined {
  const quoted = JSON.stringify(as);
  const hasTag = kind === 'image';
  if (hasTag && !as.includes(':'))
    return `\`as\` is path and tag, such as "{image}:{tag}"; ${quoted} has no ":"`;
  const problem = placeholderProblem(as, [PLACEHOLDERS[kind], ...(hasTag ? ['{tag}'] : [])]);
  return problem ?? (hasTag ? imageProblem(as, named) : objectProblem(as, named));
}

function placeholderProblem(as: string, known: readonly string[]): string | undefined {
  const used = [...as.matchAll(/\{[^{}]*\}?|\}/g)].map(([text]) => text);
  const strange = used.find(
    (text) => !known.includes(text) || used.filter((other) => other === text).length > 1,
  );
  if (strange === undefined) return undefined;
  if (known.includes(strange)) return `\`as\` uses ${strange} twice: ${JSON.stringify(as)}`;
  const there =
    known.length > 1 ? `there are ${known.join(' and ')}` : `there is ${known.join('')}`;
  return `unknown placeholder ${strange} in \`as\`: ${there}`;
}

function imageProblem(as: string, { globs, tags }: Named): string | undefined {
  const { path, tag } = splitNaming({ kind: 'image', as });
  if (path.includes('{tag}') || tag.includes('{image}')) {
    return `in \`as\` {image} belongs before the last ":" and {tag} after it: ${JSON.stringify(as)}`;
  }
  if (globs && !path.includes('{image}') && literalOf(globs) === undefined) {
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

function objectProblem(as: string, { globs }: Named): string | undefined {
  if (globs && !as.includes('{object}') && literalOf(globs) === undefined) {
    return `\`as\` needs {object}, or all objects would become "${as}"; only one literal object may do without`;
  }
  const problem = objectNameProblem(as.replace('{object}', 'x'));
  if (problem !== undefined) return `\`as\`, ${JSON.stringify(as)}, names no object: ${problem}`;
  return as.startsWith('/')
    ? '`as` begins with "/": write the path below the target’s bucket'
    : undefined;
}

/** The one name that the globs match, when they are one name. */
export function literalOf(globs: readonly string[]): string | undefined {
  return globs.length === 1 ? literalText(globs[0]) : undefined;
}

/** The one tag that passes, when it is one by its name alone. */
export function literalTag({ include, semver }: TagClauses): string | undefined {
  return include?.length === 1 && semver === undefined ? literalText(include[0]) : undefined;
}

function literalText(glob: string | undefined): string | undefined {
  return glob !== undefined && /^[^*?[\]{}]+$/.test(glob) ? glob : undefined;
}
