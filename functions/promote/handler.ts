import { createSlots } from '../../shared/async/limits';
import type { WorkResult } from '../../shared/delivery/delivery';
import type {
  ListedRelease,
  StagedRelease,
  StagedRule,
  StageState,
} from '../../shared/kinds/image/stage';
import type { Digest } from '../../shared/oci/digest';
import { formatReference } from '../../shared/oci/reference';
import type { Rules } from '../../shared/rules/rules';
import type { Stage } from '../../shared/statements/stage';
import type { Clock } from '../../shared/system/clock';
import { counted } from '../../shared/text/names';
import { createStageMemory, type StageMemory } from './memory';
import type { PromoteRequest } from './request';
import { recordsOf, type StageRecord, type Standing } from './standing';

export interface PromoteDeps {
  readonly rules: Rules;
  /** What one run reads and writes with. */
  readonly openRun: () => Promise<PromoteRun>;
  /** Gets one record for each rule with releases that wait, and one for each release that is superseded. */
  readonly report: (record: StageRecord) => void;
  readonly clock: Pick<Clock, 'now'>;
}

export interface PromoteRun {
  /** All that the sources of rules with `after` hold. */
  readonly list: () => Promise<readonly ListedRelease[]>;
  /** The rules with `after` that release a tag. */
  readonly rulesOf: (release: StagedRelease) => readonly StagedRule[];
  readonly read: (
    rule: StagedRule,
    release: StagedRelease,
    first: string | undefined,
  ) => Promise<StageState | undefined>;
  /** Attaches a signed statement. @throws {UnusableKeyError} for a key by which it would not count. */
  readonly attach: (rule: StagedRule, release: StagedRelease, stage: NewStage) => Promise<void>;
  /** Time has run out: the next run continues. */
  readonly isSpent: () => boolean;
}

export interface NewStage extends Pick<Stage, 'state'> {
  readonly digest: Digest;
  readonly targets: readonly string[];
}

const DAY_MS = 86_400_000;
const LEAST_WINDOW_MS = 30 * DAY_MS;
const AT_ONCE = 8;

/**
 * Lets releases pass from one stage to the next: of one tag, or of all tags that may be under way. Runs one after another. What it
 * remembers between runs only saves requests.
 */
export function createPromote(deps: PromoteDeps): (request: PromoteRequest) => Promise<WorkResult> {
  const memory = createStageMemory();
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    const run = last.then(() => promote(deps, memory, request));
    last = run.catch(() => undefined);
    return run;
  };
}

interface Work extends ListedRelease {
  readonly rule: StagedRule;
}

async function promote(
  deps: PromoteDeps,
  memory: StageMemory,
  { release }: PromoteRequest,
): Promise<WorkResult> {
  const run = await deps.openRun();
  if (release) {
    const { registry, repository, tag } = release;
    const one = { registry, repository, tag };
    const standings = await Promise.all(
      run.rulesOf(one).map((rule) => step(run, memory, { rule, release: one })),
    );
    const name = formatReference(one);
    const states = standings.flatMap((found) => (found ? [`${found.rule}: ${found.text}`] : []));
    const line = `${name}: ${states.join('; ') || 'no rule with `after` releases it'}`;
    return { outcome: 'promoted', line, message: 'Stages of a release read', fields: { states } };
  }
  return sweep(deps, memory, run);
}

async function sweep(
  { clock, report, rules }: PromoteDeps,
  memory: StageMemory,
  run: PromoteRun,
): Promise<WorkResult> {
  const work = memory.inTurn(await workOf(rules, run, clock.now()), ({ release, rule }) =>
    keyOf(rule, release),
  );
  const standings: Standing[] = [];
  const slots = createSlots(AT_ONCE);
  let failed = 0;
  const pending = work.map(async (one) => {
    const leave = await slots.take(0);
    try {
      if (run.isSpent()) {
        memory.postpone(keyOf(one.rule, one.release));
        return;
      }
      const standing = await step(run, memory, one);
      if (standing) standings.push(standing);
    } catch (error) {
      failed += 1;
      report({
        outcome: 'failed',
        rule: one.rule.name,
        source: formatReference(one.release),
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      leave();
    }
  });
  await Promise.all(pending);
  for (const record of recordsOf(standings, clock.now())) report(record);
  for (const record of memory.supersededSince()) report(record);
  const counts = { releases: work.length, open: standings.length, failed };
  return {
    outcome: 'swept',
    line: `${counted(work.length, 'release')} read, ${counted(standings.length, 'stage')} open${failed > 0 ? `, ${failed} failed` : ''}`,
    message: 'Stages read',
    fields: counts,
  };
}

/** Each release with each rule that may wait for it; the oldest first. */
async function workOf(
  { rules }: Rules,
  { list, rulesOf }: PromoteRun,
  now: number,
): Promise<readonly Work[]> {
  const soaks = rules.map(({ after }) => after?.soakMs ?? 0);
  const since = now - Math.max(LEAST_WINDOW_MS, 2 * Math.max(0, ...soaks));
  return (await list())
    .filter(({ uploadedAt }) => (uploadedAt?.getTime() ?? now) >= since)
    .flatMap((listed) => rulesOf(listed.release).map((rule) => ({ rule, ...listed })))
    .sort((a, b) => (a.uploadedAt?.getTime() ?? 0) - (b.uploadedAt?.getTime() ?? 0));
}

function keyOf(rule: StagedRule, release: StagedRelease): string {
  return `${rule.name} ${formatReference(release)}`;
}

/** Takes a release one step further, if it may go. Undefined if nothing is left to do. */
async function step(
  run: PromoteRun,
  memory: StageMemory,
  { release, rule, uploadedAt }: Work,
): Promise<Standing | undefined> {
  const key = keyOf(rule, release);
  const state = await run.read(rule, release, memory.lackingAt(key));
  if (!state) {
    memory.forget(key);
    return undefined;
  }
  memory.saw(key, { rule: rule.name, source: formatReference(release), digest: state.digest });
  if (state.state === 'passed') {
    memory.passed(key);
    return undefined;
  }
  memory.lacks(key, state.state === 'waiting' ? state.target : undefined);
  const about = { rule: rule.name, after: rule.after, uploadedAt, state };
  if (state.state !== 'ready') return { ...about, text: textOf(state) };
  const { digest, next, targets } = state;
  await run.attach(rule, release, { state: next, digest, targets });
  if (next === 'passed') memory.passed(key);
  return next === 'passed' ? undefined : { ...about, text: 'begun' };
}

function textOf(state: Exclude<StageState, { state: 'passed' | 'ready' }>): string {
  switch (state.state) {
    case 'soaking':
      return `soaks until ${state.ends.toISOString()}`;
    case 'waiting':
      return `waits${state.target === undefined ? '' : ` for ${state.target}`}: ${state.why}`;
    case 'halted':
    case 'unreadable':
      return state.why;
  }
}
