import { ReleaseEvent } from '../../../shared/delivery/release-event-schema';
import type { Random } from '../../support/random';
import type { Message } from '../pubsub/message';
import type { Violation } from './violation';

/** What a destination holds when all is at rest, seen without a network in between. */
export interface Holding {
  readonly destination: string;
  /** Undefined: nothing, or what somebody else has put there. */
  readonly held: string | undefined;
}

export interface ReleaseEventsAuditDeps {
  readonly events: readonly Message[];
  readonly letters: readonly Message[];
  readonly holdings: readonly Holding[];
  readonly random: Random;
}

/** What a subscriber keeps of a destination, of the latest event that says what it holds. */
interface Kept {
  readonly time: string;
  /** What it says that the destination holds; undefined: nothing. */
  readonly digest: string | undefined;
}

/**
 * A subscriber gets the events as subscribers do, late, twice and in any order, and keeps the latest of each destination: that
 * must be what the destination holds. And there is a event of every state: of what is held, and of what was given up.
 */
export function auditReleaseEvents({
  events,
  letters,
  holdings,
  random,
}: ReleaseEventsAuditDeps): Violation[] {
  const delivered = random.shuffle([...events, ...events.filter(() => random.chance(0.3))]);
  const kept = new Map<string, Kept>();
  const failures = new Set<string>();
  const problems: string[] = [];
  const known = new Map<string, string>();
  for (const { attributes, data } of delivered) {
    const {
      id,
      type,
      time,
      subject,
      data: about,
    } = ReleaseEvent.parse(JSON.parse(data.toString()));
    const what = JSON.stringify([type, subject, about.digest ?? '', about.since]);
    if ((known.get(id) ?? what) !== what) problems.push(`${id} is of ${what} and ${known.get(id)}`);
    known.set(id, what);
    if (attributes['target'] !== about.target || attributes['type'] !== type)
      problems.push(`${id} has the attributes of another`);
    if (type.endsWith('.failed')) failures.add(`${about.target} ${about.reason} ${about.source}`);
    const digest = type.endsWith('.copied') ? about.digest : about.holds;
    // Who may not ask cannot say.
    const isSilent = digest === undefined && about.reason === 'target-denied';
    if (isSilent || time < (kept.get(subject)?.time ?? '')) continue;
    kept.set(subject, { time, digest });
  }
  for (const { destination, held } of holdings) {
    if (held === undefined) continue;
    const reported = kept.get(destination)?.digest;
    if (reported !== held)
      problems.push(`${destination} holds ${held}, the event says ${reported ?? 'nothing'}`);
  }
  for (const letter of letters) {
    const failure = failureOf(letter);
    if (failure !== undefined && !failures.has(failure)) problems.push(`${failure}: not reported`);
  }
  return problems.map((detail) => ({ invariant: 'release-events', detail }));
}

/** Undefined: it is no job, whatever its letter says. */
function sourceOf(text: string): string | undefined {
  try {
    const job = JSON.parse(text) as { source?: unknown } | null;
    return typeof job?.source === 'string' ? job.source : undefined;
  } catch {
    return undefined;
  }
}

/** What a dead letter of a release must be reported as; undefined for what no rule allows, for attachments, and for no job. */
function failureOf({ attributes, data }: Message): string | undefined {
  const { function: by, reason = '', target = '' } = attributes;
  const isRelease =
    by === 'copyArtifact' && !/^(invalid-message|(rule-)?not-allowed)$/.test(reason);
  if (!isRelease) return undefined;
  const source = sourceOf(data.toString());
  if (source === undefined) return undefined;
  const isTagged = /:[^/@]+(@|$)/.test(source.replace(/@.*/, '')) || source.startsWith('gs://');
  const isAttachment = /:sha256-/.test(source);
  return isTagged && !isAttachment ? `${target} ${reason} ${source}` : undefined;
}
