import type { WorkResult } from '../../shared/delivery/delivery';
import type { Comparison } from '../../shared/inventory/comparison';
import { isDrift, jobsOf, type Finding } from '../../shared/inventory/finding';
import type { Drift, Part } from '../../shared/inventory/part';
import { UnlistableSourceError, type Listing } from '../../shared/inventory/source';
import { selectWanted } from '../../shared/inventory/wanted';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { Rule, Rules } from '../../shared/rules/rules';
import type { Clock } from '../../shared/system/clock';

export interface ReconcileDeps {
  readonly rules: Rules;
  /** What one delivery lists and compares with. */
  readonly openRun: () => ReconcileRun;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly publishParts: (parts: readonly Part[]) => Promise<void>;
  /** Gets one record for each rule and target that differ, and one where something is held, once all of the rule's source is compared. */
  readonly report: (record: DriftRecord | HeldRecord) => void;
  readonly clock: Pick<Clock, 'now'>;
}

export interface ReconcileRun {
  readonly comparison: Comparison;
  readonly listingOf: (rule: Rule) => Listing;
  /** Requests or time have run out: what is left is for the next part. */
  readonly isSpent: () => boolean;
}

interface AtTarget {
  readonly target: string;
  readonly rule: string;
}

export interface DriftRecord extends AtTarget, Omit<Drift, 'held' | 'heldOverADay'> {
  /** `unreachable`: nothing is known to differ, but not everything could be asked. */
  readonly outcome: 'drift' | 'unreachable';
}

/** Releases that wait for what somebody else has to do. */
export interface HeldRecord extends AtTarget, Pick<Drift, 'held' | 'heldOverADay'> {
  readonly outcome: 'held';
}

/** Releases that are compared at once, between two looks at the budget: few enough that they end soon even where every answer takes half a minute. */
const CHUNK = 50;

/** Compares one part of a source with its targets, and publishes the jobs that make good what differs. */
export function createReconcile(deps: ReconcileDeps): (part: Part) => Promise<WorkResult> {
  return async (part) => {
    const { rules } = deps.rules;
    if (part.rule === undefined) {
      await deps.publishParts(rules.map(({ name }) => ({ rule: name, from: 0, drift: {} })));
      return done(
        'started',
        `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} to compare`,
        {},
      );
    }
    const rule = rules.find(({ name }) => name === part.rule);
    if (rule === undefined) return done('ignored', `there is no rule "${part.rule}" any more`, {});
    return reconcileRule(deps, rule, part).catch((error: unknown) => {
      if (error instanceof UnlistableSourceError) return done('unlistable', error.message, {});
      throw error;
    });
  };
}

async function reconcileRule(deps: ReconcileDeps, rule: Rule, part: Part): Promise<WorkResult> {
  const run = deps.openRun();
  const { releases, next } = await run.listingOf(rule).page(part.page);
  const wanted = selectWanted(deps.rules, releases, { rules: new Set([rule.name]) }).filter(
    ({ target }) => !target.paused,
  );
  const findings: Finding[] = [];
  let jobs = 0;
  let at = part.from;
  // At least one chunk, or a budget that is too small would go round for ever.
  do {
    const found = await run.comparison.compare(wanted.slice(at, at + CHUNK), releases);
    const repairs = jobsOf(found);
    await deps.publishJobs(repairs);
    jobs += repairs.length;
    findings.push(...found);
    at += CHUNK;
  } while (at < wanted.length && !run.isSpent());

  const drift = addFound(part.drift, findings, deps.clock.now());
  const following = nextPart(rule, { page: part.page, at, end: wanted.length, next, drift });
  if (following !== undefined) await deps.publishParts([following]);
  else for (const record of recordsOf(rule, drift)) deps.report(record);
  return done('compared', `${findings.length} releases compared, ${jobs} copy jobs published`, {
    releases: findings.length,
    jobs,
    isLast: following === undefined,
  });
}

interface Progress {
  readonly page: string | undefined;
  readonly at: number;
  readonly end: number;
  readonly next: string | undefined;
  readonly drift: Part['drift'];
}

function nextPart({ name }: Rule, { page, at, end, next, drift }: Progress): Part | undefined {
  if (at < end) return { rule: name, ...(page !== undefined && { page }), from: at, drift };
  return next === undefined ? undefined : { rule: name, page: next, from: 0, drift };
}

const NONE: Drift = {
  missing: 0,
  stale: 0,
  attachmentsMissing: 0,
  unreachable: 0,
  held: 0,
  heldOverADay: 0,
};
const DAY_MS = 24 * 60 * 60 * 1000;

/** Adds up what was found at each target that differs, or waits. */
function addFound(before: Part['drift'], findings: readonly Finding[], now: number): Part['drift'] {
  const drift = new Map(Object.entries(before));
  for (const finding of findings) {
    const { source, state, target, trouble } = finding;
    if (!isDrift(finding) && state !== 'held') continue;
    const known = drift.get(target.name) ?? NONE;
    const isHeld = state === 'held';
    const isOld = isHeld && now - (source.uploadedAt?.getTime() ?? now) > DAY_MS;
    const reason = isHeld ? known.reason : (trouble?.reason ?? known.reason);
    drift.set(target.name, {
      missing: known.missing + Number(state === 'missing'),
      stale: known.stale + Number(state === 'stale'),
      attachmentsMissing: known.attachmentsMissing + Number(state === 'attachments missing'),
      unreachable: known.unreachable + Number(state === 'unreachable'),
      held: known.held + Number(isHeld),
      heldOverADay: known.heldOverADay + Number(isOld),
      ...(reason !== undefined && { reason }),
    });
  }
  return Object.fromEntries(drift);
}

function recordsOf({ name: rule }: Rule, drift: Part['drift']): (DriftRecord | HeldRecord)[] {
  return Object.entries(drift).flatMap(([target, { held, heldOverADay, ...found }]) => {
    const differs = found.missing + found.stale + found.attachmentsMissing > 0;
    const outcome = differs ? ('drift' as const) : ('unreachable' as const);
    return [
      ...(differs || found.unreachable > 0 ? [{ outcome, target, rule, ...found }] : []),
      ...(held > 0 ? [{ outcome: 'held' as const, target, rule, held, heldOverADay }] : []),
    ];
  });
}

function done(outcome: string, line: string, fields: WorkResult['fields']): WorkResult {
  return { outcome, line, message: 'Reconciled', fields: { ...fields, about: line } };
}
