import type { Descriptor } from '../oci/descriptor';
import type { Digest } from '../oci/digest';
import { RegistryError } from '../oci/http/errors';

export type Side = 'source' | 'target';

/** What was being done, in the words of an operator: "read the manifest", "upload the blob". */
export interface CopyErrorDetails {
  readonly operation: string;
  readonly side: Side;
  /** The full reference that was asked for. */
  readonly reference: string;
  readonly descriptor?: Descriptor;
}

/** A request of a copy failed. Made once, where the request was sent; `cause` is the registry's or the network's error. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
  readonly operation: string;
  readonly side: Side;
  readonly reference: string;
  readonly descriptor: Descriptor | undefined;

  constructor(details: CopyErrorDetails, cause: unknown) {
    const { operation, side, reference } = details;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`could not ${operation} ${reference} (${side}): ${reason}`, { cause });
    this.operation = operation;
    this.side = side;
    this.reference = reference;
    this.descriptor = details.descriptor;
  }
}

/**
 * Runs `work`, whose failure is thrown as a CopyError. What is one already, or a {@link HeldError}, stays as it is.
 * `errorOf` makes the error where more is known of the failure than `details`.
 */
export async function orCopyError<T>(
  details: CopyErrorDetails,
  work: () => Promise<T>,
  errorOf = (about: CopyErrorDetails, cause: unknown) => new CopyError(about, cause),
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CopyError || cause instanceof HeldError) throw cause;
    throw errorOf(details, cause);
  }
}

/** The cause of a CopyError, such as the registry's answer; any other error is returned as it is. */
export function failureBehind(error: unknown): unknown {
  return error instanceof CopyError ? error.cause : error;
}

/** The answer of a registry or service that caused an error, also of a CopyError; undefined where none came. */
export function answerOf(error: unknown): RegistryError | undefined {
  const cause = failureBehind(error);
  return cause instanceof RegistryError ? cause : undefined;
}

/** True if a GET returned "not found". */
export function isNotThere(error: unknown): boolean {
  const answer = answerOf(error);
  return answer?.status === 404 && answer.method === 'GET';
}

/** The destination's tag holds another digest and may not be moved. Permanent. */
export class TagConflictError extends Error {
  override readonly name = 'TagConflictError';
  readonly destination: string;
  /** What the target's tag holds. */
  readonly held: Digest;
  /** What it should hold. */
  readonly wanted: Digest;

  constructor(destination: string, held: Digest, wanted: Digest, options?: ErrorOptions) {
    super(`${destination} is immutable and holds ${held}; the source now has ${wanted}`, options);
    this.destination = destination;
    this.held = held;
    this.wanted = wanted;
  }
}

/** The source's repository can be read, but the tag or digest is not there (any more). */
export class SourceGoneError extends Error {
  override readonly name = 'SourceGoneError';
  readonly reference: string;

  constructor(reference: string, options?: ErrorOptions) {
    super(`${reference} was not found at the source`, options);
    this.reference = reference;
  }
}

/** The source's tag moved in every round of a copy. Transient. */
export class SourceMovingError extends Error {
  override readonly name = 'SourceMovingError';

  constructor(reference: string, rounds: number) {
    super(`${reference} moved in each of ${rounds} rounds of copying: to be tried again`);
  }
}

/**
 * A late attachment that is not for the target: its subject is not there, with which it will come if that is ever released, or
 * it stays at the source.
 */
export class NotReleasedError extends Error {
  override readonly name = 'NotReleasedError';
  readonly subject: Digest;

  /** `why` follows the reference in a sentence. */
  constructor(reference: string, subject: Digest, why: string) {
    super(`${reference} ${why}: nothing to copy`);
    this.subject = subject;
  }
}

/**
 * It may not be released yet, for a reason that others can take away. Nothing was written; transient, until it has had its
 * time.
 */
export class HeldError extends Error {
  override readonly name = 'HeldError';
  readonly reason: HeldReason;

  constructor(reason: HeldReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What a release may wait for, as logs show it. */
export type HeldReason =
  'images-missing' | 'unproven' | 'halted' | 'halts-unreadable' | 'stage-not-passed';

/** A statement was pushed before any tag of its subject. Transient while the tag may still come. */
export class SubjectUntaggedError extends Error {
  override readonly name = 'SubjectUntaggedError';

  constructor(subject: string) {
    super(`no tag that is released holds ${subject} yet, about which a statement was pushed`);
  }
}

/** What is asked for can never be copied: the content or the request is at fault. Permanent. */
export class UncopyableError extends Error {
  override readonly name = 'UncopyableError';

  constructor(reference: string, problem: string, options?: ErrorOptions) {
    super(`${reference} cannot be copied: ${problem}`, options);
  }
}

/** The request's signal ended the copy. Content that is at the target stays there, and shortens the next attempt. */
export class CopyAbortedError extends Error {
  override readonly name = 'CopyAbortedError';
  /** Blobs that this attempt uploaded and that the target lacked: progress, if not zero. */
  readonly uploadedBlobs: number;
  /** A blob that took most of the attempt and was not finished, in an attempt that finished none. */
  readonly stalledOn: Descriptor | undefined;
  /** Attributes with which the next delivery of the same job resumes this attempt. */
  readonly checkpoint: Readonly<Record<string, string>> | undefined;

  constructor(destination: string, uploadedBlobs: number, reason: unknown, stalledOn?: Descriptor) {
    const blob = stalledOn && `the blob ${stalledOn.digest} (${stalledOn.size} bytes) was sent`;
    super(`the copy to ${destination} was ended before ${blob ?? 'it was done'}`, {
      cause: reason,
    });
    this.uploadedBlobs = uploadedBlobs;
    this.stalledOn = stalledOn;
  }
}
