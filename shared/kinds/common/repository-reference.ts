import {
  canonicalName,
  formatReference,
  InvalidReferenceError,
  isRepository,
  isTag,
  parseReference,
  type Reference,
  type RepositoryName,
} from '../../oci/reference';
import type { ArtifactDetails } from '../../rules/artifact';
import type { Grammar } from '../../text/glob';

type Tagged<K> = Reference & { readonly kind: K };

/** How artifacts of this kind, which are named by registry, repository and tag, are read and written. */
export function repositoryReference<K extends string>(kind: K) {
  return {
    form: 'registry/repository with :tag, @digest or both',
    parse: (text: string): Tagged<K> => ({ kind, ...parseReference(text) }),
    format: formatReference,
    nameOf: ({ registry, repository }: RepositoryName): string => `${registry}/${repository}`,
    pathOf: ({ repository }: RepositoryName): string => repository,
    canonical: canonicalName,
    detailsOf: ({ tag, digest }: Reference): ArtifactDetails => ({
      tag,
      digest,
      isNameAlone: tag === undefined && digest === undefined,
      isAttachment: false,
    }),
    unpinned: ({ registry, repository, tag }: Reference): Tagged<K> => ({
      kind,
      registry,
      repository,
      tag,
    }),
  };
}

/** Where artifacts of this kind are, below a source and at a target. */
export function repositoryLocations<K extends string>(kind: K) {
  return {
    artifactAt(source: RepositoryName, path: string): Tagged<K> | undefined {
      const found = repositoryAt(source, path);
      return found && { kind, ...found };
    },
    destinationAt(place: RepositoryName, path: string, tag?: string): Tagged<K> | undefined {
      const found = referenceBelow(place, path, tag);
      return found && { kind, ...found };
    },
  };
}

/** distribution-spec: many clients limit host and name together to 255 characters. */
const MAX_LENGTH = 255;

/** Reads a repository without tag or digest. @throws {InvalidReferenceError} */
export function parseRepository(text: string): RepositoryName {
  const { registry, repository } = parseReference(text);
  return { registry, repository };
}

/** The registry of a text that may be the name of a repository. */
export function registryIn(text: string): string {
  return (text.split('/', 1)[0] ?? '').toLowerCase();
}

/** Why a text is no repository; undefined when it is one. */
export function repositoryProblem(text: string): string | undefined {
  if (/^[a-z]+:\/\//i.test(text)) return `write the repository without "${text.split('/')[0]}//"`;
  try {
    const { tag, digest } = parseReference(text);
    if (tag === undefined && digest === undefined) return undefined;
    return `${JSON.stringify(text)} names a ${tag === undefined ? 'digest' : 'tag'}: only a repository may stand here`;
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    return error.message.replace('an image reference', 'a repository');
  }
}

/** Repository paths (distribution-spec, "Pulling manifests"): separators stand between letters and digits. */
export const repositoryPaths: Pick<Grammar, 'mayFollow' | 'mayEnd'> = {
  mayFollow: (previous, next) =>
    isAlphanumeric(next) ||
    (previous !== undefined &&
      (isAlphanumeric(previous) || ((next === '-' || next === '_') && previous === next))),
  mayEnd: isAlphanumeric,
};

function isAlphanumeric(char: string): boolean {
  return /[A-Za-z0-9]/.test(char);
}

/** What lies at a path below a source, or undefined when nothing could. */
function repositoryAt(source: RepositoryName, path: string): RepositoryName | undefined {
  const repository = path === '' ? source.repository : `${source.repository}/${path}`;
  return isRepository(repository) ? { registry: source.registry, repository } : undefined;
}

/**
 * What a reference becomes at a path (and tag) below a place; undefined where a registry takes no such name. An empty path
 * adds no slash: an image that is the source itself becomes the target's repository itself.
 */
function referenceBelow(
  { registry, repository: base }: RepositoryName,
  path: string,
  tag?: string,
): Reference | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const repository = [base, ...parts].join('/');
  if (!isRepository(repository) || registry.length + 1 + repository.length > MAX_LENGTH) {
    return undefined;
  }
  if (tag !== undefined && !isTag(tag)) return undefined;
  return { registry, repository, tag };
}
