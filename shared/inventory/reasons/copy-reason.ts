import type { Rules } from '../../rules/rules';
import type { Finding, State } from '../finding';
import type { LogLine } from './log-line';
import type { CopyReason } from './reason';

/** What the functions logged, as far as it was read. */
export interface History {
  readonly lines: readonly LogLine[];
  /** Older lines are not kept. */
  readonly from: Date;
  /** False if lines after `from` were left out, so that a missing line proves nothing. */
  readonly isComplete: boolean;
}

/** The longest delay before Pub/Sub delivers a rejected message again: `maximumBackoffSeconds` of the subscriptions. */
export const LONGEST_BACKOFF_SECONDS = 600;

/** A job is attempted within minutes of its plan; without a line after that it was not for the target, or is lost. */
const LONGEST_QUEUE_MS = 60 * 60 * 1000;

/** True if only the functions' log explains the difference. */
export function needsLog({ state, pause, trouble }: Finding): boolean {
  const isDifferent = state === 'missing' || state === 'stale' || state === 'attachments missing';
  return isDifferent && pause === undefined && trouble === undefined;
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
  const bySource = Map.groupBy(history?.lines ?? [], ({ source }) => nameOf(references, source));
  return findings.map((finding) => {
    if (finding.state === 'current') return finding;
    const { reference } = finding.rule.about;
    const name = references.format(references.unpinned(finding.source));
    const pinned = reference.format(reference.parse(reference.format(finding.source)));
    // A list may give names without digests.
    const sources = [name, pinned, `${name}@${finding.digest ?? ''}`];
    const about = (bySource.get(name) ?? [])
      .filter((line) => isAbout(line, finding) && sources.includes(line.source))
      .toSorted((a, b) => a.time.getTime() - b.time.getTime());
    return { ...finding, why: reasonOf(finding, { about, history, now }) };
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

/** A line of planCopies has no target, one of a failed job no destination, and an old job no rule. */
function isAbout({ outcome, target, rule, destination }: LogLine, finding: Finding): boolean {
  if (outcome === 'planned') return true;
  if (target !== finding.target.name) return false;
  const { reference } = finding.rule.about;
  return destination === undefined
    ? rule === undefined || rule === finding.rule.name
    : destination === reference.format(reference.unpinned(finding.destination));
}

interface Known {
  /** The lines about this copy, the oldest first. */
  readonly about: readonly LogLine[];
  readonly history: History | undefined;
  readonly now: number;
}

function reasonOf(finding: Finding, known: Known): CopyReason {
  const { state, trouble, pause } = finding;
  const time = sinceOf(finding, known);
  const since = { ...(time !== undefined && { since: time }) };
  if (pause) return { why: 'paused', ...since, ...(pause.until && { next: pause.until }) };
  if (state === 'waiting' || state === 'held') return { why: state, ...since, ...trouble };
  // An outage has no start time here: each run asks again.
  if (state === 'unreachable') return { why: 'unreachable', ...trouble };
  if (trouble !== undefined) return { why: 'blocked', ...since, ...trouble };
  const last = known.about.findLast(({ outcome }) => outcome !== 'ignored');
  return {
    ...(last === undefined ? unsent(finding, known) : ended(finding, last, known)),
    ...since,
  };
}

const SEND = 'Run "relay republish" to send it.';

/** True if a missing line proves that no job began: the log is as old as the release. */
function isProof({ source: { uploadedAt } }: Finding, { history }: Known): boolean {
  return history?.isComplete === true && uploadedAt !== undefined && uploadedAt >= history.from;
}

function unsent(finding: Finding, known: Known): CopyReason {
  return isProof(finding, known)
    ? { why: 'not sent', remedy: SEND }
    : { why: 'unknown', ...(known.history?.isComplete && { remedy: SEND }) };
}

/** What the last line about a copy means for one that differs. */
function ended(finding: Finding, last: LogLine, { now }: Known): CopyReason {
  const { outcome, time, digest } = last;
  switch (outcome) {
    case 'retrying':
    case 'refused': {
      const next = time.getTime() + LONGEST_BACKOFF_SECONDS * 1000;
      return { why: 'retrying', ...failureOf(last), ...(next > now && { next: new Date(next) }) };
    }
    case 'dead-lettered':
      return { why: 'dead-lettered', ...failureOf(last) };
    case 'held':
    case 'waiting':
      // It may pass by now, else the comparison itself would have found it held.
      return { why: outcome, ...failureOf(last), remedy: `Its requirements are met now. ${SEND}` };
    case 'planned':
    case 'continued':
      return now - time.getTime() < LONGEST_QUEUE_MS
        ? { why: 'queued' }
        : { why: 'not sent', remedy: SEND };
    case 'paused':
      return { why: 'skipped while paused', remedy: 'Run "relay backfill" to send it.' };
    case 'copied':
    case 'current':
      // Another digest was delivered: that the tag moved since made no job.
      if (finding.digest !== undefined && digest !== undefined && digest !== finding.digest) {
        return { why: 'not sent', remedy: SEND };
      }
      return { why: 'changed after delivery', remedy: `${CHANGES[finding.state] ?? ''} ${SEND}` };
    case 'withdrawn':
      return { why: 'not sent', remedy: SEND };
    default:
      return { why: 'unknown' };
  }
}

const CHANGES: Partial<Record<State, string>> = {
  missing: 'It was removed at the target: ask its operator.',
  stale: 'The tag was moved at the target: ask its operator.',
  'attachments missing': 'Attachments were pushed later and not sent, or removed at the target.',
};

function failureOf({ reason, error, remedy }: LogLine): Partial<CopyReason> {
  return {
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
    ...(remedy !== undefined && { remedy }),
  };
}

/**
 * The last time when the target was seen to hold it; else when its first job began; else the upload, if no job can be older
 * than the log. A tag may move to a
 * digest, and a target may join, long after the upload.
 */
function sinceOf(finding: Finding, known: Known): Date | undefined {
  const { about, now } = known;
  const held = about.findLast(({ outcome }) => outcome === 'copied' || outcome === 'current');
  const isOther = held?.digest !== undefined && held.digest !== finding.digest;
  const after = isOther ? about.filter(({ time }) => time > held.time) : about;
  const [first] = after;
  const begun = first && first.time.getTime() - (first.ageSeconds ?? 0) * 1000;
  const seen = isOther ? undefined : held?.time.getTime();
  const uploaded = isProof(finding, known) ? finding.source.uploadedAt?.getTime() : undefined;
  const time = seen ?? begun ?? uploaded;
  // Another machine's clock may be ahead.
  return time === undefined ? undefined : new Date(Math.min(time, now));
}
