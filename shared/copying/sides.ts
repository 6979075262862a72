import type { Descriptor } from '../oci/descriptor';
import { DigestMismatchError, NetworkError, RegistryError } from '../oci/errors';
import { formatReference } from '../oci/reference';
import type { Repository, Upload } from '../oci/repository';
import { CopyError, type Side } from './errors';

/** The same repository, whose failures are CopyErrors that say what was done, on which side, and to what. */
export function onSide(repository: Repository, side: Side): Repository {
  const { registry, repository: path } = repository;
  const name = formatReference({ registry, repository: path });
  const about = (operation: string, reference: string, descriptor?: Descriptor): Attempt => ({
    operation,
    reference: `${name}${reference.includes(':') ? '@' : ':'}${reference}`,
    side: () => side,
    ...(descriptor && { descriptor }),
  });

  return {
    registry,
    repository: path,
    headManifest: (reference) =>
      attempt(about('look up', reference), () => repository.headManifest(reference)),
    getManifest: (reference) =>
      attempt(about('read the manifest', reference), () => repository.getManifest(reference)),
    putManifest: (manifest, reference) =>
      attempt(about('write the manifest', reference, manifest.descriptor), () =>
        repository.putManifest(manifest, reference),
      ),
    hasBlob: (digest) =>
      attempt(about('look up the blob', digest), () => repository.hasBlob(digest)),
    getBlob: (descriptor) =>
      attempt(about('read the blob', descriptor.digest, descriptor), () =>
        repository.getBlob(descriptor),
      ),
    mountOrStartUpload: (digest, mount) =>
      attempt(about('start the upload of', digest), async () => {
        const opened = await repository.mountOrStartUpload(digest, mount);
        return opened === 'present' ? opened : guardUpload(opened, about('upload', digest));
      }),
    startUpload: (digest) =>
      attempt(about('start the upload of', digest), async () =>
        guardUpload(await repository.startUpload(digest), about('upload', digest)),
      ),
    listReferrers: (subject) =>
      attempt(about('list the referrers of', subject), () => repository.listReferrers(subject)),
    listTags: () =>
      attempt({ ...about('list the tags of', ''), reference: name }, () => repository.listTags()),
  };
}

interface Attempt {
  readonly operation: string;
  readonly reference: string;
  readonly side: (cause: unknown) => Side;
  readonly descriptor?: Descriptor;
}

async function attempt<T>(details: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CopyError({ ...details, side: details.side(cause) }, cause);
  }
}

/** A blob's content streams through from the source, whose failure ends the upload. */
function guardUpload(upload: Upload, details: Attempt): Upload {
  const side = (cause: unknown): Side => (isReadFailure(cause) ? 'source' : details.side(cause));
  return {
    write: (descriptor, content) =>
      attempt({ ...details, descriptor, side }, () => upload.write(descriptor, content)),
    cancel: () => upload.cancel(),
  };
}

function isReadFailure(cause: unknown): boolean {
  if (cause instanceof NetworkError || cause instanceof RegistryError)
    return cause.method === 'GET';
  return cause instanceof DigestMismatchError;
}

/** The registry's answer behind an error of {@link onSide}. */
export function answerOf(error: unknown): RegistryError | undefined {
  const cause = error instanceof CopyError ? error.cause : error;
  return cause instanceof RegistryError ? cause : undefined;
}

/** True where a GET was answered that there is no such thing. */
export function isNotThere(error: unknown): boolean {
  const answer = answerOf(error);
  return answer?.status === 404 && answer.method === 'GET';
}
