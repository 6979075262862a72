import type { CopyJob } from '../jobs/copy-job';
import type { Reason } from '../delivery/failures';
import type { Pause } from '../rules/pauses';
import { recordOf } from '../records';
import type { CopyReason } from './reasons/reason';
import type { Wanted } from './wanted';

/**
 * What a target holds, compared with what the rules want there. `stale`: another digest. `held`: it is not to be released yet.
 * `waiting`: an earlier stage has not passed, or the hub that it is released from is behind itself.
 */
export type State =
  'current' | 'missing' | 'stale' | 'attachments missing' | 'held' | 'waiting' | 'unreachable';

export const STATES: readonly State[] = [
  'current',
  'missing',
  'stale',
  'attachments missing',
  'held',
  'waiting',
  'unreachable',
];

/** Why a state is not known, or why a copy would not change it. */
export interface Trouble {
  /** Of the failure table. */
  readonly reason: Reason;
  readonly error: string;
  readonly remedy: string;
}

/** One release at one target. */
export type Finding = Wanted & Found;

/** What is known of a release at a target. */
export interface Found {
  readonly state: State;
  /** What the target should hold, if that is known: `sha256:…`, of an object `crc32c:…`. */
  readonly digest?: string;
  /** What it holds. */
  readonly held?: string;
  /** When that was delivered, by its receipt or by the target's own word; only some targets can tell. */
  readonly deliveredAt?: Date;
  readonly trouble?: Trouble;
  /** Why it differs and since when. Unset if it does not, or if this was not requested. */
  readonly why?: CopyReason;
  /** Unset if the target was open when it was compared. */
  readonly pause?: Pause;
}

/** True for what is missing for a reason that is no fault: held, or waiting for a stage or its hub. */
export function isPending({ state }: Pick<Found, 'state'>): boolean {
  return state === 'held' || state === 'waiting';
}

/** True where source and target differ and should not: neither a paused target's backlog nor a pending release is drift. */
export function isDrift(finding: Finding): boolean {
  return finding.state !== 'current' && !isPending(finding) && finding.pause === undefined;
}

/** True where a copy job would bring the target up to date. */
export function isRepairable(finding: Finding): boolean {
  return isDrift(finding) && finding.state !== 'unreachable' && finding.trouble === undefined;
}

/** The jobs that make good what was found, in the same order; they also check what is below and attached. */
export function jobsOf(findings: readonly Finding[]): CopyJob[] {
  return findings.filter(isRepairable).map(({ source, target, rule }) => ({
    source: pinnedOf(rule, source),
    target: target.name,
    rule: rule.name,
    repair: true,
  }));
}

/** What a copy job names: with the digest or the generation, where that is known, and nothing else that the list had. */
function pinnedOf({ about }: Finding['rule'], source: Finding['source']): CopyJob['source'] {
  return about.reference.parse(about.reference.format(source));
}

export type Totals = Readonly<Record<State, number>>;

export function totalsOf(findings: readonly Pick<Found, 'state'>[]): Totals {
  const totals = recordOf<State, number>(STATES.map((state) => [state, 0]));
  for (const { state } of findings) totals[state] += 1;
  return totals;
}
