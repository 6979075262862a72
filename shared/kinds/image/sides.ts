import { CopyError, answerOf, SourceGoneError, type Side } from '../../copying/errors';
import { DigestMismatchError, NetworkError, RegistryError } from '../../oci/http/errors';
import { formatReference, referenceTo } from '../../oci/reference';
import type { Repository, Upload } from '../../oci/repository';
import { onSide } from '../common/ends';

/** The same repository, whose failures are CopyErrors that name what was done, on which side, and to what. */
export function repositoryOnSide(repository: Repository, side: Side): Repository {
  const at = (tagOrDigest: string) => referenceTo(repository, tagOrDigest);
  const { registry, repository: path } = repository;
  const reporting = onSide(repository, side, {
    headManifest: (reference) => ({ operation: 'look up', reference: at(reference) }),
    getManifest: (reference) => ({ operation: 'read the manifest', reference: at(reference) }),
    putManifest: ({ descriptor }, reference) => ({
      operation: 'write the manifest',
      reference: at(reference),
      descriptor,
    }),
    hasBlob: (digest) => ({ operation: 'look up the blob', reference: at(digest) }),
    getBlob: (descriptor) => ({
      operation: 'read the blob',
      reference: at(descriptor.digest),
      descriptor,
    }),
    mountOrStartUpload: (digest) => ({ operation: 'start the upload of', reference: at(digest) }),
    startUpload: (digest) => ({ operation: 'start the upload of', reference: at(digest) }),
    listReferrers: (subject) => ({ operation: 'list the referrers of', reference: at(subject) }),
    listTags: () => ({
      operation: 'list the tags of',
      reference: formatReference({ registry, repository: path }),
    }),
  });
  const uploading = (upload: Upload, digest: string): Upload =>
    onSide(
      upload,
      side,
      { write: (descriptor) => ({ operation: 'upload', reference: at(digest), descriptor }) },
      // The content streams through from the source, whose failure ends the upload.
      (details, cause) =>
        new CopyError(isReadFailure(cause) ? { ...details, side: 'source' } : details, cause),
    );
  return {
    ...reporting,
    async mountOrStartUpload(digest, mount) {
      const opened = await reporting.mountOrStartUpload(digest, mount);
      return opened === 'present' ? opened : uploading(opened, digest);
    },
    startUpload: async (digest) => uploading(await reporting.startUpload(digest), digest),
  };
}

function isReadFailure(cause: unknown): boolean {
  if (cause instanceof NetworkError || cause instanceof RegistryError)
    return cause.method === 'GET';
  return cause instanceof DigestMismatchError;
}

/** A 404 of a repository that can be read says that the tag or digest is gone; that of a repository stays what it is. */
export async function orGone<T>(
  source: Repository,
  tagOrDigest: string,
  reading: Promise<T>,
): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const answer = answerOf(error);
    if (answer?.status !== 404 || answer.codes.includes('NAME_UNKNOWN')) throw error;
    throw new SourceGoneError(referenceTo(source, tagOrDigest), { cause: error });
  }
}
