import type { Rules } from '../../rules/rules';
import type { Finding } from '../finding';
import type { LogLine } from './log-line';

/** Why a copy differs: what last happened to its job. */
export type Why =
  | 'not sent'
  | 'queued'
  | 'retrying'
  | 'held'
  | 'waiting'
  | 'dead-lettered'
  | 'skipped while paused'
  | 'paused'
  | 'removed after delivery'
  | 'blocked'
  | 'unreachable'
  | 'unknown';

/** Why a target does not hold what the rules release to it. */
export interface CopyReason {
  readonly why: Why;
  /** Since when the copy differs. Unset if unknown. */
  readonly since?: Date;
  /** The latest time of the next attempt, while the job is retried. */
  readonly next?: Date;
  /** The reason code of the failure, of this or another version. */
  readonly reason?: string;
  readonly error?: string;
  /** What to do. Unset if there is nothing to do. */
  readonly remedy?: string;
}

/** What the functions logged, as far as it was read. */
export interface History {
  readonly lines: readonly LogLine[];
  /** False if older lines were left out, so that a missing line proves nothing. */
  readonly isComplete: boolean;
}

/** The longest delay before Pub/Sub delivers a rejected message again: `maximumBackoffSeconds` of the subscriptions. */
export const LONGEST_BACKOFF_SECONDS = 600;

/** True if only the functions' log explains the difference. */
export function needsLog({ state, target, trouble }: Finding): boolean {
  const isDifferent = state === 'missing' || state === 'stale' || state === 'attachments missing';
  return isDifferent && !target.paused && trouble === undefined;
}

/**
 * Adds to each finding that is not current the reason. Without a history (the log was not read) a reason that only the log
 * has is `unknown`. `now` is in milliseconds since 1970.
 */
export function withReasons(
  { references }: Pick<Rules, 'references'>,
  findings: readonly Finding[],
  history: History | undefined,
  now: number,
): Finding[] {
  const bySource = new Map<string, LogLine[]>();
  for (const line of history?.lines ?? []) {
    const name = nameOf(references, line.source);
    if (name === undefined) continue;
    const known = bySource.get(name);
    if (known === undefined) bySource.set(name, [line]);
    else known.push(line);
  }
  return findings.map((finding) => {
    if (finding.state === 'current') return finding;
    const { source } = finding;
    const name = references.format(references.unpinned(source));
    const pinned = references.format(
      finding.rule.about.reference.parse(finding.rule.about.reference.format(source)),
    );
    const about = (bySource.get(name) ?? [])
      .filter((line) => isAbout(line, finding) && [name, pinned].includes(line.source))
      .toSorted((a, b) => a.time.getTime() - b.time.getTime());
    return { ...finding, why: reasonOf(finding, about, history?.isComplete ?? false, now) };
  });
}

/** Returns undefined for a text that names no artifact, such as one of another version. */
function nameOf(references: Rules['references'], source: string): string | undefined {
  try {
    return references.format(references.unpinned(references.parse(source)));
  } catch {
    return undefined;
  }
}

/** A line of planCopies has no target, and an old job no rule. */
function isAbout({ outcome, target, rule }: LogLine, finding: Finding): boolean {
  if (outcome === 'planned') return true;
  return target === finding.target.name && (rule === undefined || rule === finding.rule.name);
}

/** `lines` are about this copy, the oldest first. */
function reasonOf(
  finding: Finding,
  lines: readonly LogLine[],
  isComplete: boolean,
  now: number,
): CopyReason {
  const last = lines.findLast(({ outcome }) => outcome !== 'ignored');
  const since = sinceOf(finding, lines, now);
  const known = { ...(since !== undefined && { since }) };
  if (finding.target.paused) return { why: 'paused', ...known };
  const { state, trouble } = finding;
  if (state === 'waiting') return { why: 'waiting', ...known };
  if (trouble !== undefined) {
    const why = state === 'held' || state === 'unreachable' ? state : 'blocked';
    // An outage has no beginning here: each run asks anew.
    return { why, ...(why !== 'unreachable' && known), ...trouble };
  }
  if (last === undefined) {
    return isComplete ? { why: 'not sent', ...known, remedy: SEND } : { why: 'unknown', ...known };
  }
  return { ...ended(last, now), ...known };
}

const SEND = 'Run "relay republish" to send it.';

/** What the last line about a copy means for one that differs. */
function ended({ outcome, time, reason, error, remedy }: LogLine, now: number): CopyReason {
  const failure = {
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
    ...(remedy !== undefined && { remedy }),
  };
  switch (outcome) {
    case 'retrying':
    case 'refused': {
      const next = time.getTime() + LONGEST_BACKOFF_SECONDS * 1000;
      return { why: 'retrying', ...failure, ...(next > now && { next: new Date(next) }) };
    }
    case 'dead-lettered':
      return { why: 'dead-lettered', ...failure };
    case 'held':
      // The requirements are met by now, else the comparison itself would have found it held.
      return { why: 'held', ...failure, remedy: `Its requirements are met now. ${SEND}` };
    case 'planned':
    case 'continued':
      return { why: 'queued' };
    case 'paused':
      return { why: 'skipped while paused', remedy: 'Run "relay backfill" to send it.' };
    case 'copied':
    case 'current':
      return { why: 'removed after delivery', remedy: `Ask the target's operator. ${SEND}` };
    case 'withdrawn':
      return { why: 'not sent', remedy: SEND };
    default:
      return { why: 'unknown' };
  }
}

/**
 * The last time when the target was seen to hold it; else when its first job began; else the upload. A tag may move to a
 * digest, and a target may join, long after the upload.
 */
function sinceOf(finding: Finding, lines: readonly LogLine[], now: number): Date | undefined {
  const held = lines.findLast(({ outcome }) => outcome === 'copied' || outcome === 'current');
  const [first] = lines;
  const begun = first && first.time.getTime() - (first.ageSeconds ?? 0) * 1000;
  const time = held?.time.getTime() ?? begun ?? finding.source.uploadedAt?.getTime();
  // Another machine's clock may be ahead.
  return time === undefined ? undefined : new Date(Math.min(time, now));
}
