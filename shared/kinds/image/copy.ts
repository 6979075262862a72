import type { Digest } from '../../oci/digest';
import { startCopying, type Copying } from './copying';
import { CopyAbortedError } from '../../copying/errors';
import { copyLateReferrer, copyLateTag } from './attachments/late-attachment';
import type { CopyOutcome } from '../../copying/outcome';
import { copyRelease } from './release';
import type { CopyRequest } from './request';
import { nameOf } from './tag';
import { verifyAtTarget, type Expected } from './verification';

const IN_DOUBT = 'a tag was written without a clear answer, and may be written late';

/**
 * Copies an image, an index or an artifact, with what is attached to it, from one repository to another: content by its
 * digest, verified on the way; then attachments; the tag last. Safe to repeat, and to run several times at once.
 *
 * @throws {CopyError} with the failed request; {TagConflictError}, {UncopyableError}: repeating is no use;
 * {SourceGoneError}, {SourceMovingError}; {NotReleasedError} for a late attachment; {CopyAbortedError} when `signal` ended
 * it. Nothing is under way any more when it throws.
 */
export async function copyImage(request: CopyRequest): Promise<CopyOutcome> {
  const { clock } = request;
  const started = clock.monotonic();
  const copying = startCopying(request);
  const { notes, options, tally, target } = copying;
  const destination = nameOf(target, request.destinationTag ?? sourceOf(request));
  try {
    const { digest, expected } = await copy(copying, request);
    if (options.verify === true) await verifyAtTarget(copying, expected);
    if (request.traffic.tagsInDoubt > 0) notes.add(IN_DOUBT);
    return {
      outcome: tally.manifests + tally.uploadedBlobs > 0 ? 'copied' : 'current',
      digest,
      destination,
      bytes: request.traffic.bytesWritten,
      requests: request.traffic.requests,
      seconds: (clock.monotonic() - started) / 1000,
      uploadedBlobs: tally.uploadedBlobs,
      attachments: tally.attachments,
      notes: [...notes],
    };
  } catch (error) {
    if (request.signal?.aborted !== true) throw error;
    const { uploadedBlobs } = tally;
    const stalledOn = uploadedBlobs === 0 ? tally.longestSince(started) : undefined;
    throw new CopyAbortedError(destination, uploadedBlobs, request.signal.reason, stalledOn);
  }
}

interface Copied {
  /** What the destination holds. */
  readonly digest: Digest;
  readonly expected: Expected;
}

async function copy(copying: Copying, request: CopyRequest): Promise<Copied> {
  const { caches, options, signal, target } = copying;
  const { destinationTag, digest, tag } = request;
  const source = sourceOf(request);
  if (destinationTag === undefined) {
    return tag === undefined ? copyLateReferrer(copying, source) : copyLateTag(copying, tag);
  }
  return caches.tags.run(nameOf(target, destinationTag), signal, () =>
    copyRelease(copying, {
      source,
      destinationTag,
      // A part of an image has another digest.
      ...(digest !== undefined && !options.platforms && { expected: digest }),
    }),
  );
}

function sourceOf({ tag, digest }: CopyRequest): string {
  const source = tag ?? digest;
  if (source === undefined) throw new TypeError('a copy needs a tag or a digest at its source');
  return source;
}
