/** Why a copy differs: what last happened to its job. */
export const WHYS = [
  'not sent',
  'queued',
  'retrying',
  'held',
  'waiting',
  'dead-lettered',
  'skipped while paused',
  'paused',
  'changed after delivery',
  'blocked',
  'unreachable',
  'unknown',
] as const;
export type Why = (typeof WHYS)[number];

/** Why a target does not hold what the rules release to it. */
export interface CopyReason {
  readonly why: Why;
  /** Since when the copy differs. Unset if unknown. */
  readonly since?: Date;
  /** The latest time of the next attempt while the job is retried, or the end of a pause. */
  readonly next?: Date;
  /** The reason code of the failure, of this or another version. */
  readonly reason?: string;
  readonly error?: string;
  /** What to do. Unset if there is nothing to do. */
  readonly remedy?: string;
}
