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
import { JobRefusedError } from '../jobs/copy-job';
import { PublishError } from '../jobs/publisher';
import {
  DockerConfigError,
  AddressRefusedError,
  DigestMismatchError,
  DigestNotKeptError,
  InvalidManifestError,
  NetworkError,
  RegistryError,
} from '../oci/http/errors';
import { InvalidReferenceError } from '../oci/reference';
import { isThrottled, isTooLarge, isTransientFailure } from '../oci/http/retries';

import { FAILURES, type Failure, type Reason } from './failures';

export interface Classification {
  /**
   * `transient`: retry it. `permanent`: dead-letter it. `withdrawn`: nothing is left to copy. `held`: not to be
   * released yet. `waiting`: an earlier stage comes first. `unfinished`: the copy made progress, which is not a failure: continue it. `stalled`: one blob took
   * the whole attempt: send that blob alone.
   */
  readonly class:
    'transient' | 'permanent' | 'withdrawn' | 'waiting' | 'held' | 'unfinished' | 'stalled';
  readonly reason: Reason;
  /** What failed, for people. */
  readonly error: string;
  /** How to fix it. */
  readonly remedy: string;
  /** True for an unexpected error, which is logged with its stack. */
  readonly bug: boolean;
  /** Attributes for the next attempt at unfinished work. */
  readonly checkpoint?: Readonly<Record<string, string>>;
}

export interface Age {
  /** Since the message was first published. */
  readonly seconds: number;
  readonly graceSeconds: number;
  /** How often the job was continued. */
  readonly continued: number;
  /** How many attempts in a row finished no blob. */
  readonly stalled: number;
}

/** Limit on continuations. A registry that needs more loses what it confirms. */
export const MAX_CONTINUATIONS = 20;

/**
 * Limit on continuations with a checkpoint: enough for the largest object, 5 TiB, at 50 MB a second in attempts of
 * eight minutes.
 */
export const MAX_CHECKPOINTED_CONTINUATIONS = 250;

/**
 * Limit on attempts that finish no blob. After the first one, large blobs are sent one at a time; then the blob does
 * not fit in an attempt.
 */
export const MAX_STALLS = 2;

const CLASSES = {
  'dead-letter': 'permanent',
  withdrawn: 'withdrawn',
  held: 'held',
  waiting: 'waiting',
  never: 'transient',
} as const satisfies Record<Failure['ends'], Classification['class']>;

/** Decides whether a failed delivery is retried; nothing else does. */
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
    ...(error instanceof CopyAbortedError && error.checkpoint && { checkpoint: error.checkpoint }),
  };
}

/**
 * From least to most important. While one of several failures can be retried, the job is retried and permanent failures
 * are reported last.
 */
const BY_PRECEDENCE: readonly Classification['class'][] = [
  'withdrawn',
  'waiting',
  'held',
  'permanent',
  'transient',
  'stalled',
  'unfinished',
];

/** Classifies all errors of one delivery, and returns the one that decides. */
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

/** Returns how a copy that ran out of time continues. Unset if it is simply retried. */
function continuation(
  { uploadedBlobs, stalledOn, checkpoint }: CopyAbortedError,
  { continued, stalled }: Age,
): 'unfinished' | 'stalled' | 'never' | undefined {
  const most = checkpoint === undefined ? MAX_CONTINUATIONS : MAX_CHECKPOINTED_CONTINUATIONS;
  if (uploadedBlobs > 0) return continued < most ? 'unfinished' : 'never';
  if (stalledOn) return stalled < MAX_STALLS ? 'stalled' : 'never';
  return undefined;
}

/** The reason of each class of error. Registry errors are classified by their response. */
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
  // An invalid manifest at the source cannot be copied. The target never stored one, so its response is at fault.
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
  // No permission allows replacing an object under retention. A condition that fails where nothing changes is an
  // organization policy.
  if (says('retentionPolicyNotMet', 'objectUnderActiveHold', 'conditionNotMet')) {
    return `${side}-refused`;
  }
  // A concurrent change caused it. An immutable tag is reported as a conflict instead.
  if ([409, 412].includes(error.status)) return 'registry-unavailable';
  if ([401, 403, 404].includes(error.status)) return `${side}-denied`;
  return `${side}-refused`;
}
