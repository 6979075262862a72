/** A period without deliveries to a target: its `paused`, or a freeze of the target or of one of its groups. */
export interface PauseWindow {
  /** `the pause of target "acme"`, `the freeze of group "emea"` */
  readonly name: string;
  /** Milliseconds since 1970. Unset if it has no beginning. */
  readonly from?: number;
  /** The first moment at which deliveries resume, in milliseconds since 1970. Unset if it has no end. */
  readonly until?: number;
  readonly reason?: string;
}

/** A target, by its pauses in the order of their beginning. */
interface Pausing {
  readonly pauses: readonly PauseWindow[];
}

/** Why a target receives nothing now. */
export interface Pause {
  /** The first moment at which deliveries resume. Unset if only a change of the rules ends the pause. */
  readonly until?: Date;
  readonly reason?: string;
}

/**
 * Returns the pause of a target at a moment (milliseconds since 1970), or undefined if the target is open. Windows that
 * overlap or follow each other without a gap are one pause.
 */
export function pauseOf({ pauses }: Pausing, now: number): Pause | undefined {
  let until = now;
  const reasons = new Set<string>();
  for (const window of pauses) {
    if (beginningOf(window) > until) break;
    const end = endOf(window);
    if (end <= until) continue;
    until = end;
    if (window.reason !== undefined) reasons.add(window.reason);
  }
  if (until === now) return undefined;
  return {
    ...(until < Infinity && { until: new Date(until) }),
    ...(reasons.size > 0 && { reason: [...reasons].join('; ') }),
  };
}

/** Sorts windows by their beginning, as targets have them. */
export function inOrder(windows: readonly PauseWindow[]): readonly PauseWindow[] {
  return windows.toSorted((a, b) => Math.sign(beginningOf(a) - beginningOf(b)) || 0);
}

/** `paused`, `paused until 2026-12-09`, `paused until 2026-12-09 18:00 UTC: year-end freeze` */
export function describePause({ until, reason }: Pause): string {
  const end = until === undefined ? '' : ` until ${formatMoment(until.getTime())}`;
  return `paused${end}${reason === undefined ? '' : `: ${reason}`}`;
}

/** Says how releases arrive that a pause has kept back. */
export function catchUpOf({ until }: Pause): string {
  return until === undefined
    ? 'run `relay backfill` after resuming'
    : '`reconcile` delivers afterwards';
}

/** The fields of a pause in rows and log entries: `pausedUntil` is an ISO 8601 time. */
export interface PauseFields {
  readonly paused?: true;
  readonly pausedUntil?: string;
  readonly pauseReason?: string;
}

/** Returns no fields for an open target. */
export function pauseFields(pause: Pause | undefined): PauseFields {
  if (pause === undefined) return {};
  const { until, reason } = pause;
  return {
    paused: true,
    ...(until !== undefined && { pausedUntil: until.toISOString() }),
    ...(reason !== undefined && { pauseReason: reason }),
  };
}

/** Windows that have ended, or that overlap, for people. A window of a group is reported once. */
export function notesOnPauses(targets: readonly Pausing[], now: number): string[] {
  const windows = new Set(targets.flatMap(({ pauses }) => pauses));
  const past = [...windows]
    .filter((window) => endOf(window) <= now)
    .map(({ name, until = 0 }) => `${name} ended on ${formatMoment(until)}. Remove it`);
  return [...past, ...overlapsOf(targets, now)];
}

function overlapsOf(targets: readonly Pausing[], now: number): string[] {
  const seen = new Map<PauseWindow, Set<PauseWindow>>();
  return targets.flatMap(({ pauses }) => {
    const bounded = pauses.filter((window) => endOf(window) > now && endOf(window) < Infinity);
    return bounded.flatMap((window, at) => {
      const known = seen.get(window) ?? new Set();
      seen.set(window, known);
      const later = bounded
        .slice(at + 1)
        .filter((other) => beginningOf(other) < endOf(window) && !known.has(other));
      for (const other of later) known.add(other);
      return later.map(
        (other) =>
          `${span(window)} overlaps ${span(other)}: deliveries resume when both have ended`,
      );
    });
  });
}

function span({ name, from, until = 0 }: PauseWindow): string {
  const begins = from === undefined ? '' : ` from ${formatMoment(from)}`;
  return `${name}${begins} until ${formatMoment(until)}`;
}

function beginningOf({ from = -Infinity }: PauseWindow): number {
  return from;
}

function endOf({ until = Infinity }: PauseWindow): number {
  return until;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** In UTC; midnight is the day alone, as rules files have it. */
function formatMoment(time: number): string {
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  return time % DAY_MS === 0 ? day : `${day} ${clock.slice(0, 'hh:mm'.length)} UTC`;
}
