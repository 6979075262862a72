import { join } from 'node:path';
import { digestAlgorithm, digestHex, type Digest } from '../../../../../shared/oci/digest';

/**
 * Where things lie in the storage folder. Names, tags and digests must have been validated. No component of a repository
 * name starts with `_`, so what belongs to a repository does.
 */
export interface Layout {
  readonly uploads: string;
  readonly repositories: string;
  readonly content: (digest: Digest) => string;
  readonly blob: (repository: string, digest: Digest) => string;
  readonly manifests: (repository: string) => string;
  readonly manifest: (repository: string, digest: Digest) => string;
  readonly tags: (repository: string) => string;
  readonly tag: (repository: string, tag: string) => string;
  readonly referrers: (repository: string, subject: Digest) => string;
  readonly referrer: (repository: string, subject: Digest, referrer: Digest) => string;
}

export function createLayout(folder: string): Layout {
  const repositories = join(folder, 'repositories');
  const within = (repository: string, ...path: readonly string[]): string =>
    join(repositories, repository, ...path);
  const manifests = (repository: string): string => within(repository, '_manifests');
  const tags = (repository: string): string => within(repository, '_tags');
  const referrers = (repository: string, subject: Digest): string =>
    within(repository, '_referrers', digestPath(subject));
  return {
    uploads: join(folder, 'uploads'),
    repositories,
    content: (digest) => join(folder, 'blobs', digestPath(digest)),
    blob: (repository, digest) => within(repository, '_blobs', digestPath(digest)),
    manifests,
    manifest: (repository, digest) => join(manifests(repository), digestPath(digest)),
    tags,
    tag: (repository, tag) => join(tags(repository), escapeCase(tag)),
    referrers,
    referrer: (repository, subject, referrer) =>
      join(referrers(repository, subject), referrer.replace(':', '-')),
  };
}

function digestPath(digest: Digest): string {
  return join(digestAlgorithm(digest), digestHex(digest));
}

/** `V1` and `v1` are two tags, and one file on some disks: an upper-case letter is written `!v`, as Go's module cache does. */
function escapeCase(tag: string): string {
  return tag.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** The tag of a file name in the tags folder. */
export function tagOfFile(file: string): string {
  return file.replace(/!(.)/g, (_, letter: string) => letter.toUpperCase());
}
