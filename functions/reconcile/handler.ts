import type { Done } from '../../shared/delivery/delivery';
import type { Comparison } from '../../shared/inventory/comparison';
import { isDrift, jobsOf, type Finding } from '../../shared/inventory/finding';
import type { Drift, Part } from '../../shared/inventory/part';
import { UnlistableSourceError, type Listing } from '../../shared/inventory/source';
import { selectWanted } from '../../shared/inventory/wanted';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { Rule, Rules } from '../../shared/rules/rules';

export interface ReconcileDeps {
  readonly rules: Rules;
  /** What one delivery lists and compares with. */
  readonly openRun: () => ReconcileRun;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly publishParts: (parts: readonly Part[]) => Promise<void>;
  /** Gets one record for each rule and target that differ, once all of the rule's source is compared. */
  readonly report: (record: DriftRecord) => void;
}

export interface ReconcileRun {
  readonly comparison: Comparison;
  readonly listingOf: (rule: Rule) => Listing;
  /** Requests or time have run out: what is left is for the next part. */
  readonly isSpent: () => boolean;
}

export interface DriftRecord extends Drift {
  /** `unreachable`: nothing is known to differ, but not everything could be asked. */
  readonly outcome: 'drift' | 'unreachable';
  readonly target: string;
  readonly rule: string;
}

/** Releases that are compared at once, between two looks at the budget: few enough that they end soon even where every answer takes half a minute. */
const CHUNK = 50;

/** Compares one part of a source with its targets, and publishes the jobs that make good what differs. */
export function createReconcile(deps: ReconcileDeps): (part: Part) => Promise<Done> {
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

async function reconcileRule(deps: ReconcileDeps, rule: Rule, part: Part): Promise<Done> {
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

  const drift = addDrift(part.drift, findings);
  const following = nextPart(rule, { page: part.page, at, end: wanted.length, next, drift });
  if (following !== undefined) await deps.publishParts([following]);
  else
    for (const [target, found] of Object.entries(drift)) deps.report(recordOf(rule, target, found));
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

const NONE: Drift = { missing: 0, stale: 0, attachmentsMissing: 0, unreachable: 0 };

/** Adds up what was found at each target that differs. */
function addDrift(before: Part['drift'], findings: readonly Finding[]): Part['drift'] {
  const drift = new Map(Object.entries(before));
  for (const { state, target, trouble } of findings.filter(isDrift)) {
    const known = drift.get(target.name) ?? NONE;
    drift.set(target.name, {
      missing: known.missing + Number(state === 'missing'),
      stale: known.stale + Number(state === 'stale'),
      attachmentsMissing: known.attachmentsMissing + Number(state === 'attachments missing'),
      unreachable: known.unreachable + Number(state === 'unreachable'),
      ...((trouble ?? known.reason) !== undefined && { reason: trouble?.reason ?? known.reason }),
    });
  }
  return Object.fromEntries(drift);
}

function recordOf({ name: rule }: Rule, target: string, found: Drift): DriftRecord {
  const differs = found.missing + found.stale + found.attachmentsMissing > 0;
  return { outcome: differs ? 'drift' : 'unreachable', target, rule, ...found };
}

function done(outcome: string, line: string, fields: Done['fields']): Done {
  return { outcome, line, message: 'Reconciled', fields: { ...fields, about: line } };
}
