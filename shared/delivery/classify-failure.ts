import {
  CopyAbortedError,
  CopyError,
  HeldError,
  SourceGoneError,
  SourceMovingError,
  SubjectUntaggedError,
  TagConflictError,
  UncopyableError,
  type Side,
} from '../copying/errors';
import { InvalidMessageError } from '../events/envelope';
import { GoogleCredentialsError } from '../google/credentials-error';
import { JobRefusedError } from '../jobs/job-refused-error';
import { PublishError } from '../jobs/publisher';
import { DockerConfigError } from '../oci/auth/docker-config-error';
import {
  AddressRefusedError,
  DigestMismatchError,
  DigestNotKeptError,
  InvalidManifestError,
  NetworkError,
  RegistryError,
} from '../oci/http/errors';
import { InvalidReferenceError } from '../oci/reference';
import { isThrottled, isTooLarge, isTransientFailure } from '../oci/http/retryable';

import { FAILURES, type Failure, type Reason } from './failures';

export interface Classification {
  /**
   * `transient`: deliver it again. `permanent`: dead-letter it. `withdrawn`: there is nothing left to copy. `held`: not to be
   * released yet. `unfinished`: it made progress, which is no failure: hand it on. `stalled`: one blob took the whole attempt: try that blob alone.
   */
  readonly class: 'transient' | 'permanent' | 'withdrawn' | 'held' | 'unfinished' | 'stalled';
  readonly reason: Reason;
  /** What happened, for people. */
  readonly error: string;
  /** What to do about it. */
  readonly remedy: string;
  /** An unexpected error, which is logged with its stack. */
  readonly bug: boolean;
  /** Attributes for the next attempt at unfinished work. */
  readonly handOver?: Readonly<Record<string, string>>;
}

export interface Age {
  /** Since the message was first published. */
  readonly seconds: number;
  readonly graceSeconds: number;
  /** How often the job was handed on. */
  readonly continued: number;
  /** How many attempts in a row finished no blob. */
  readonly stalled: number;
}

/** More deliveries than this that all make progress and never finish are a registry that forgets what it confirms. */
export const MAX_CONTINUATIONS = 20;

/**
 * The same where an attempt hands over how far it has come, which nobody forgets so easily: the largest object, 5 TiB, at
 * 50 MB a second in attempts of eight minutes.
 */
export const MAX_HANDOVERS = 250;

/**
 * After the first attempt that finishes no blob, large blobs are sent one at a time; that many more which then finish none
 * are a blob that does not fit into an attempt.
 */
export const MAX_STALLS = 2;

const CLASSES = {
  'dead-letter': 'permanent',
  withdrawn: 'withdrawn',
  held: 'held',
  never: 'transient',
} as const satisfies Record<Failure['ends'], Classification['class']>;

/** The only place that decides whether a failed delivery is tried again. */
export function classifyFailure(error: unknown, age: Age): Classification {
  const goesOn = error instanceof CopyAbortedError ? continuation(error, age) : undefined;
  const reason = goesOn === 'never' ? 'too-slow' : reasonOf(error);
  const { ends, graces, remedy } = FAILURES[reason];
  const isOld = age.seconds >= graces * age.graceSeconds;
  return {
    class: goesOn && goesOn !== 'never' ? goesOn : isOld ? CLASSES[ends] : 'transient',
    reason,
    error: error instanceof Error ? error.message : String(error),
    remedy,
    bug: reason === 'bug',
    ...(error instanceof CopyAbortedError && error.handOver && { handOver: error.handOver }),
  };
}

/** From least to most: while one of several failures can be retried, the job goes on, and what failed for good is reported last. */
const BY_PRECEDENCE: readonly Classification['class'][] = [
  'withdrawn',
  'held',
  'permanent',
  'transient',
  'stalled',
  'unfinished',
];

/** Judges all errors of one delivery, and returns the one that decides what becomes of it. */
export function classifyFailures(
  errors: readonly unknown[],
  age: Age,
): { readonly error: unknown; readonly classification: Classification } {
  const classified = errors.map((error) => ({
    error,
    classification: classifyFailure(error, age),
  }));
  // Report an unexpected error, with its stack, before other failures that are retried.
  const rank = ({ classification }: (typeof classified)[number]) =>
    BY_PRECEDENCE.indexOf(classification.class) + (classification.bug ? 0.5 : 0);
  return classified.reduce((worst, one) => (rank(one) > rank(worst) ? one : worst));
}

/** How a copy that ran out of time continues; undefined where it is simply tried again. */
function continuation(
  { uploadedBlobs, stalledOn, handOver }: CopyAbortedError,
  { continued, stalled }: Age,
): 'unfinished' | 'stalled' | 'never' | undefined {
  const most = handOver === undefined ? MAX_CONTINUATIONS : MAX_HANDOVERS;
  if (uploadedBlobs > 0) return continued < most ? 'unfinished' : 'never';
  if (stalledOn) return stalled < MAX_STALLS ? 'stalled' : 'never';
  return undefined;
}

/** One class of error, one reason; what a registry answered needs a closer look. */
const REASONS: readonly (readonly [abstract new (...args: never[]) => Error, Reason])[] = [
  [InvalidMessageError, 'invalid-message'],
  [PublishError, 'publish-failed'],
  [TagConflictError, 'tag-conflict'],
  [SourceGoneError, 'source-gone'],
  [SourceMovingError, 'source-moving'],
  [SubjectUntaggedError, 'subject-untagged'],
  [UncopyableError, 'uncopyable'],
  [CopyAbortedError, 'deadline'],
  [NetworkError, 'network'],
  [DigestMismatchError, 'corrupt-transfer'],
  [DigestNotKeptError, 'target-refused'],
  [InvalidManifestError, 'uncopyable'],
  [InvalidReferenceError, 'uncopyable'],
  [AddressRefusedError, 'address-refused'],
  [GoogleCredentialsError, 'no-credentials'],
  [DockerConfigError, 'no-credentials'],
];

function reasonOf(error: unknown, side: Side = 'source'): Reason {
  if (error instanceof CopyError) return reasonOf(error.cause, error.side);
  if (error instanceof RegistryError) return reasonOfAnswer(error, side);
  // What the source has is no manifest that can be copied; the target holds no such thing.
  if (error instanceof InvalidManifestError && side === 'target') return 'malformed-answer';
  if (error instanceof HeldError) return error.reason;
  if (error instanceof JobRefusedError)
    return error.rule !== undefined ? 'rule-not-allowed' : 'not-allowed';
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'deadline';
  return REASONS.find(([kind]) => error instanceof kind)?.[1] ?? 'bug';
}

function reasonOfAnswer(error: RegistryError, side: Side): Reason {
  const says = (...codes: string[]): boolean => codes.some((code) => error.codes.includes(code));
  if (isThrottled(error)) return 'rate-limited';
  if (isTransientFailure(error)) return 'registry-unavailable';
  if (error.status < 400) return 'malformed-answer';
  if (says('MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN')) {
    return side === 'source' ? 'source-incomplete' : 'content-unknown';
  }
  if (isTooLarge(error)) return `${side}-refused`;
  if (says('DIGEST_INVALID', 'SIZE_INVALID')) return 'corrupt-transfer';
  // Nobody can be granted to replace what a bucket keeps. A condition that fails where nothing moves is an organization policy.
  if (says('retentionPolicyNotMet', 'objectUnderActiveHold', 'conditionNotMet')) {
    return `${side}-refused`;
  }
  // Two changed one thing at once; what is immutable says so, and is a conflict.
  if ([409, 412].includes(error.status)) return 'registry-unavailable';
  if ([401, 403, 404].includes(error.status)) return `${side}-denied`;
  return `${side}-refused`;
}
