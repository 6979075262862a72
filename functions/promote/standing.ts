import type { StageState } from '../../shared/kinds/image/stage';
import type { After } from '../../shared/rules/clauses/after';

/** Where a release is on its way to a rule. */
export interface Standing {
  readonly rule: string;
  readonly after: Pick<After, 'rule' | 'soakMs'>;
  readonly uploadedAt?: Date;
  readonly state: StageState;
  /** For people. */
  readonly text: string;
}

/** What a run reports, for metrics and alerts. */
export type StageRecord = OpenRecord | SupersededRecord | FailedRecord;

/** The releases that wait, of one rule. */
export interface OpenRecord {
  readonly outcome: 'stage';
  readonly rule: string;
  readonly open: number;
  /** Since the oldest was uploaded. Unset where no list says when. */
  readonly oldestSeconds?: number;
  /** How many have waited for a target longer than their soak. */
  readonly overdue: number;
  /** The targets that lack one, or some of them. */
  readonly waitingFor: readonly string[];
  readonly halted: number;
}

/** A tag that has got another digest, so often in a row, before its stage had passed. */
export interface SupersededRecord {
  readonly outcome: 'superseded';
  readonly rule: string;
  readonly source: string;
  readonly times: number;
}

export interface FailedRecord {
  readonly outcome: 'failed';
  readonly rule: string;
  readonly source: string;
  readonly error: string;
}

const MAX_NAMES = 10;

/** Returns one record for each rule with releases that wait. */
export function recordsOf(standings: readonly Standing[], now: number): OpenRecord[] {
  return [...Map.groupBy(standings, ({ rule }) => rule)].map(([rule, some]) => {
    const ages = some.flatMap(({ uploadedAt }) => (uploadedAt ? [now - uploadedAt.getTime()] : []));
    const waitingFor = some.flatMap(({ state }) =>
      state.state === 'waiting' ? (state.target ?? []) : [],
    );
    return {
      outcome: 'stage',
      rule,
      open: some.length,
      ...(ages.length > 0 && { oldestSeconds: Math.round(Math.max(...ages) / 1000) }),
      overdue: some.filter((one) => isOverdue(one, now)).length,
      waitingFor: [...new Set(waitingFor)].slice(0, MAX_NAMES),
      halted: some.filter(({ state }) => state.state === 'halted').length,
    };
  });
}

function isOverdue({ after: { soakMs }, state, uploadedAt }: Standing, now: number): boolean {
  if (state.state !== 'waiting') return false;
  const since = state.begun ? state.begun.getTime() + soakMs : uploadedAt?.getTime();
  return since !== undefined && now - since > soakMs;
}
