import { CopyError, orCopyError, answerOf, SourceGoneError, type Side } from '../../copying/errors';
import type { Descriptor } from '../../oci/descriptor';
import { DigestMismatchError, NetworkError, RegistryError } from '../../oci/http/errors';
import { formatReference, referenceTo } from '../../oci/reference';
import type { Repository, Upload } from '../../oci/repository';

/** The same repository, whose failures are CopyErrors that say what was done, on which side, and to what. */
export function onSide(repository: Repository, side: Side): Repository {
  const { registry, repository: path } = repository;

  const attempt = <T>(
    operation: string,
    tagOrDigest: string,
    work: () => Promise<T>,
    descriptor?: Descriptor,
  ): Promise<T> => {
    const reference = referenceTo(repository, tagOrDigest);
    return orCopyError({ operation, side, reference, descriptor }, work);
  };
  const guarded = (upload: Upload, digest: string): Upload => ({
    write: async (descriptor, content) => {
      try {
        await upload.write(descriptor, content);
      } catch (cause) {
        // The content streams through from the source, whose failure ends the upload.
        const failed = isReadFailure(cause) ? 'source' : side;
        const reference = referenceTo(repository, digest);
        throw new CopyError({ operation: 'upload', side: failed, reference, descriptor }, cause);
      }
    },
    cancel: () => upload.cancel(),
  });

  return {
    registry,
    repository: path,
    headManifest: (reference) =>
      attempt('look up', reference, () => repository.headManifest(reference)),
    getManifest: (reference) =>
      attempt('read the manifest', reference, () => repository.getManifest(reference)),
    putManifest: (manifest, reference, beforeSend) => {
      const put = () => repository.putManifest(manifest, reference, beforeSend);
      return attempt('write the manifest', reference, put, manifest.descriptor);
    },
    hasBlob: (digest) => attempt('look up the blob', digest, () => repository.hasBlob(digest)),
    getBlob: (descriptor) => {
      const get = () => repository.getBlob(descriptor);
      return attempt('read the blob', descriptor.digest, get, descriptor);
    },
    mountOrStartUpload: (digest, mount) =>
      attempt('start the upload of', digest, async () => {
        const opened = await repository.mountOrStartUpload(digest, mount);
        return opened === 'present' ? opened : guarded(opened, digest);
      }),
    startUpload: (digest) =>
      attempt('start the upload of', digest, async () =>
        guarded(await repository.startUpload(digest), digest),
      ),
    mayUpload: () => repository.mayUpload(),
    listReferrers: (subject) =>
      attempt('list the referrers of', subject, () => repository.listReferrers(subject)),
    listTags: () => {
      const reference = formatReference({ registry, repository: path });
      const operation = 'list the tags of';
      return orCopyError({ operation, side, reference }, () => repository.listTags());
    },
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
