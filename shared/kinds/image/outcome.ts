import { CopyAbortedError } from '../../copying/errors';
import type { ArtifactOutcome } from '../../copying/attempt';
import type { Digest } from '../../oci/digest';
import type { Proof } from '../../statements/proof';
import type { Copying, CopyRequest } from './copy-context';
import { notesOn, releasedOn, type ReleasedOn } from './gate';

/** What the copy of an image has done. */
export interface CopyOutcome extends ArtifactOutcome {
  /** Differs from the source's digest where platforms were selected. */
  readonly digest: Digest;
  /** What the source's tag held, where it was an index of which this is a part. */
  readonly madeFrom?: Digest;
  /** On what it was released, where rules require something and it was not there yet. */
  readonly proof?: ReleasedOn;
  /** Blobs that the target lacked and that were uploaded, not mounted. */
  readonly uploadedBlobs: number;
  /** Attachments (referrers and `sha256-…` tags) written to the target. */
  readonly attachments: number;
  /** The receipt that was written, if one was. */
  readonly receipt?: Digest;
}

/** What `copying` has come to, which began at `started` (monotonic time) and has made the target hold `digest`. */
export function outcomeOf(
  { notes, tally }: Copying,
  { clock, traffic }: CopyRequest,
  {
    destination,
    digest,
    madeFrom,
    proof,
    started,
  }: Pick<CopyOutcome, 'destination' | 'digest'> & {
    readonly madeFrom?: Digest;
    readonly proof?: Proof;
    readonly started: number;
  },
): CopyOutcome {
  const released = proof && releasedOn(proof);
  return {
    outcome: tally.manifests + tally.uploadedBlobs > 0 ? 'copied' : 'current',
    digest,
    ...(madeFrom !== undefined && madeFrom !== digest && { madeFrom }),
    asOf: tally.asOf,
    destination,
    bytes: traffic.bytesWritten,
    requests: traffic.requests,
    seconds: (clock.monotonic() - started) / 1000,
    uploadedBlobs: tally.uploadedBlobs,
    attachments: tally.attachments,
    proof: released,
    notes: [...notes, ...(released ? notesOn(released) : [])],
  };
}

/** What is thrown when the request's signal has ended a copy that began at `started` (monotonic time). */
export function abortedError(
  { tally: { longestSince, uploadedBlobs } }: Copying,
  destination: string,
  started: number,
  reason: unknown,
): CopyAbortedError {
  const stalledOn = uploadedBlobs === 0 ? longestSince(started) : undefined;
  return new CopyAbortedError(destination, uploadedBlobs, reason, stalledOn);
}
