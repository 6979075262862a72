import type { WorkResult } from '../../shared/delivery/delivery';
import type { Comparison } from '../../shared/inventory/comparison';
import { jobsOf } from '../../shared/inventory/finding';
import type { FirstPart, Part, Progress, SourcePart } from '../../shared/inventory/part';
import {
  listedSources,
  UnlistableSourceError,
  type ListedSource,
  type ListingOf,
} from '../../shared/inventory/source';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { Rules } from '../../shared/rules/rules';
import type { Clock } from '../../shared/system/clock';
import { chunksOf } from './chunks';
import {
  createDriftTally,
  recordsOf,
  type DriftRecord,
  type DriftTally,
  type HeldRecord,
} from './drift';

export interface ReconcileDeps {
  readonly rules: Rules;
  /** What one delivery lists and compares with. */
  readonly openRun: () => Promise<ReconcileRun>;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly publishParts: (parts: readonly Part[]) => Promise<void>;
  /** Gets one record for each rule and target that differ, and one where something is held, once all of a source is compared. */
  readonly report: (record: DriftRecord | HeldRecord) => void;
  readonly clock: Pick<Clock, 'now'>;
}

export interface ReconcileRun {
  readonly comparison: Comparison;
  readonly listingOf: ListingOf;
  /** Requests or time have run out: what is left is for the next part. */
  readonly isSpent: () => boolean;
}

/** Pairs of a rule and a target that a part carries; beyond, it reports them early: a message has at most 10 MB. */
const MAX_CARRIED = 10_000;

/** Compares one part of a source with its targets, and publishes the jobs that repair the differences. */
export function createReconcile(deps: ReconcileDeps): (part: Part) => Promise<WorkResult> {
  return async (part) => {
    const run = await deps.openRun();
    const sources = listedSources(deps.rules.rules, run.listingOf);
    if (!('source' in part)) return start(deps, part, sources);
    const source = sources.get(part.source);
    if (source === undefined) {
      return done('ignored', `no rule has the source ${part.source} any more`, {});
    }
    return reconcileSource(deps, run, source, part).catch((error: unknown) => {
      if (error instanceof UnlistableSourceError) return done('unlistable', error.message, {});
      throw error;
    });
  };
}

async function start(
  deps: ReconcileDeps,
  { rule }: FirstPart,
  sources: ReadonlyMap<string, ListedSource>,
): Promise<WorkResult> {
  const parts = [...sources]
    .filter(([, { rules }]) => rule === undefined || rule === rules[0].name)
    .map(([source]): SourcePart => ({ source, compared: [], found: {} }));
  if (parts.length === 0 && rule !== undefined) {
    return done('ignored', `rule "${rule}" is not the first rule of a source`, {});
  }
  await deps.publishParts(parts);
  const { length } = parts;
  return done('started', `${length} ${length === 1 ? 'source' : 'sources'} to compare`, {});
}

async function reconcileSource(
  deps: ReconcileDeps,
  run: ReconcileRun,
  { listing, rules }: ListedSource,
  part: SourcePart,
): Promise<WorkResult> {
  const { releases, next } = await listing.page(part.page);
  const names = new Set(rules.map(({ name }) => name));
  const tally = createDriftTally(part.found);
  let [compared, jobs] = [0, 0];
  let progress: (() => Progress) | undefined;
  let rest: Progress | undefined;
  for (const chunk of chunksOf(deps.rules, names, releases, part, deps.clock)) {
    // At least one chunk, or a budget that is too small would never end.
    if (progress !== undefined && run.isSpent()) {
      rest = progress();
      break;
    }
    const findings = await run.comparison.compare(chunk.wanted, releases);
    const repairs = jobsOf(findings);
    await deps.publishJobs(repairs);
    jobs += repairs.length;
    compared += findings.length;
    tally.add(findings, deps.clock.now());
    progress = chunk.progress;
  }
  const isLast = await handOn(deps, tally, followingPart(part, rest, next));
  return done('compared', `${compared} releases compared, ${jobs} copy jobs published`, {
    releases: compared,
    jobs,
    isLast,
  });
}

/** What is left of the page, else the next page; undefined after the last. */
function followingPart(
  { source, page, found }: SourcePart,
  rest: Progress | undefined,
  next: string | undefined,
): SourcePart | undefined {
  if (rest !== undefined) return { source, page, ...rest, found };
  return next === undefined ? undefined : { source, page: next, compared: [], found };
}

/** Publishes the following part with what was found, or reports that; true if there is nothing to follow. */
async function handOn(
  { publishParts, report }: ReconcileDeps,
  tally: DriftTally,
  following: SourcePart | undefined,
): Promise<boolean> {
  const found = tally.byRule();
  const isCarried = following !== undefined && tally.size() <= MAX_CARRIED;
  if (following !== undefined) {
    await publishParts([{ ...following, found: isCarried ? found : {} }]);
  }
  if (!isCarried) for (const record of recordsOf(found)) report(record);
  return following === undefined;
}

function done(outcome: string, line: string, fields: WorkResult['fields']): WorkResult {
  return { outcome, line, message: 'Reconciled', fields: { ...fields, about: line } };
}
