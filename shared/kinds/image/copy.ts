import { all } from '../../async/together';
import { MAX_ROUNDS } from '../../copying/convergence';
import { SourceMovingError, CopyAbortedError } from '../../copying/errors';
import { sourceReference, type ArtifactOutcome } from '../../copying/attempt';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import type { Proof } from '../../statements/proof';
import { NOTHING_ATTACHED, copyLateReferrer, copyLateTag } from './attachments/attachments';
import {
  copyAttached,
  copyContent,
  copyWhatIsMissing,
  copyWhatWentAway,
  lookAgain,
  refuseToMove,
} from './before-tag';
import { startWalk } from './content/walk';
import { startCopying, type Copying, type CopyRequest } from './copy-context';
import { askGate, haltsBeforeRetries, notesOn, releasedOn, type ReleasedOn } from './gate';
import { selectVersion, type Version } from './platforms/selection';
import { readSourceTag, readTargetTag, writeTag } from './tag';
import { verifyAtTarget, type Expected } from './verification';

const UNCONFIRMED_WRITE = 'a tag write is unconfirmed and may still land';

/**
 * Copies an image, an index or an artifact, with what is attached to it, from one repository to another: content by its
 * digest, verified on the way; then attachments; the tag last. Safe to repeat, and to run several times at once.
 *
 * @throws {CopyError} with the failed request; {TagConflictError}, {UncopyableError}: repeating is no use;
 * {SourceGoneError}, {SourceMovingError}; {HeldError} for what is not proven; {NotReleasedError} for a late attachment;
 * {CopyAbortedError} when `signal` ended it. Nothing is under way any more when it throws.
 */
export async function copyImage(request: CopyRequest): Promise<CopyOutcome> {
  const started = request.clock.monotonic();
  const copying = startCopying(request);
  const { notes, options, target } = copying;
  const destination = referenceTo(target, request.destinationTag ?? sourceReference(request));
  try {
    const { expected, ...copied } = await copyRequested(copying, request);
    if (options.verify === true) await verifyAtTarget(copying, expected);
    if (request.traffic.unconfirmedTagWrites > 0) notes.add(UNCONFIRMED_WRITE);
    return outcomeOf(copying, request, { destination, started, ...copied });
  } catch (error) {
    if (request.signal?.aborted !== true) throw error;
    throw abortedError(copying, destination, started, request.signal.reason);
  }
}

interface Copied {
  /** What the destination holds. */
  readonly digest: Digest;
  /** What the source's tag held. */
  readonly madeFrom?: Digest;
  /** On what that was released, if it was asked. */
  readonly proof?: Proof;
  readonly expected: Expected;
}

async function copyRequested(copying: Copying, request: CopyRequest): Promise<Copied> {
  const { caches, options, signal } = copying;
  const { destinationTag, digest, tag } = request;
  const source = sourceReference(request);
  if (destinationTag === undefined) {
    return tag === undefined ? copyLateReferrer(copying, source) : copyLateTag(copying, tag);
  }
  // A part of an image has another digest than the whole.
  const guess = options.platforms ? undefined : digest;
  return caches.writers.run(referenceTo(copying.target, destinationTag), signal, () =>
    copyToTag(copying, { source, target: destinationTag, guess }),
  );
}

interface TagNames {
  /** A tag, or a digest, which never moves. */
  readonly source: string;
  readonly target: string;
  /** What the target's tag is likely to get. */
  readonly guess: Digest | undefined;
}

/** Makes the target's tag what the source's tag is now, by the rule at {@link MAX_ROUNDS}. */
async function copyToTag(copying: Copying, tags: TagNames): Promise<Copied> {
  let [source, target] = await all([
    readSourceTag(copying, tags.source),
    readTargetTag(copying, tags.target, tags.guess),
  ]);
  let version: Version | undefined;
  let attached = NOTHING_ATTACHED;
  let wrote = false;
  const proofs = new Map<Digest, Proof>();

  for (let round = 0; ; round++) {
    version = await selectVersion(copying, source, version);
    const { digest } = version.root.descriptor;
    if (target.held === digest) {
      if (!wrote && copying.options.repair) attached = await copyWhatIsMissing(copying, version);
      for (const platform of version.missing) copying.notes.add(`the source has no ${platform}`);
      const expected = { ...attached, nodes: new Set([...attached.nodes, digest]) };
      const { digest: madeFrom } = source.descriptor;
      return { digest, madeFrom, proof: proofs.get(madeFrom), expected };
    }
    if (round === MAX_ROUNDS) {
      throw new SourceMovingError(referenceTo(copying.source, tags.source), MAX_ROUNDS);
    }
    refuseToMove(copying, tags.target, target, digest);
    await askGate(copying, source.descriptor.digest, proofs);

    const walk = startWalk(copying, { made: version.made, isNew: target.held === undefined });
    await copyContent(walk, version, target);
    const copied = await copyAttached(walk, version, tags.source);
    attached = copied.attached;
    const { digest: subject } = source.descriptor;
    const [latest] = await all([
      lookAgain(copying, tags, version, copied.latest),
      copying.halts?.(copying.source, subject),
    ]);
    if (latest.descriptor.digest === subject) {
      await writeTag(walk, version.root, tags.target, haltsBeforeRetries(copying, subject));
      [target, wrote] = [{ held: digest }, true];
      [source, attached] = await all([
        readSourceTag(copying, tags.source, source),
        copyWhatWentAway(walk, version, attached),
      ]);
    } else {
      source = latest;
      target = await readTargetTag(copying, tags.target);
    }
  }
}

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
