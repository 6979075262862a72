import { authorize } from '../rules/authorize';
import { pauseOf } from '../rules/pauses';
import type { Rules } from '../rules/rules';
import type { Clock } from '../system/clock';
import type { CopyJob, CopyJobs } from '../jobs/copy-job';
import { jobsIn, type Events, type SourceAccess } from '../jobs/events';
import type { Letter } from './letters';
import type { Publish } from '../jobs/publisher';

export interface ReplayPlan {
  readonly letter: Letter;
  /** The messages to publish. If there are none, the dead letter stays. */
  readonly jobs: readonly CopyJob[];
  /** Why there are none. */
  readonly why?: string;
}

export interface PlanDeps extends SourceAccess {
  /** The current rules. */
  readonly rules: Rules;
  readonly events: Events;
  readonly parseJob: CopyJobs['parse'];
}

/**
 * Plans the replay of a dead letter. A job is replayed if the current rules allow it, without its history. An event is
 * replayed as the jobs that the current rules plan for it, because its topic has other subscribers.
 */
export async function planReplay(letter: Letter, deps: PlanDeps): Promise<ReplayPlan> {
  try {
    const jobs = await jobsOf(letter, deps);
    return typeof jobs === 'string' ? { letter, jobs: [], why: jobs } : { letter, jobs };
  } catch (error) {
    return { letter, jobs: [], why: error instanceof Error ? error.message : String(error) };
  }
}

async function jobsOf({ message }: Letter, deps: PlanDeps): Promise<readonly CopyJob[] | string> {
  const { events, rules } = deps;
  if (!events.isEvent(message)) return skipPaused(deps, allowedJob(rules, deps.parseJob(message)));
  const event = events.parse(message);
  if (event.whyIgnored !== undefined) return event.whyIgnored;
  const jobs = jobsIn(await event.plan(rules, { ...deps, isNew: false }));
  return skipPaused(deps, typeof jobs === 'string' ? `${event.about} ${jobs} today` : jobs);
}

/** A renamed rule must not lose a release: the job is then for any rule that allows it. */
function allowedJob(rules: Rules, job: CopyJob): readonly [CopyJob] | string {
  const { rule, ...unnamed } = job;
  const isGone = rule !== undefined && rules.rules.every(({ name }) => name !== rule);
  const asked = isGone ? unnamed : job;
  const answer = authorize(rules, asked);
  if (answer.allowed) return [asked];
  return `${rules.references.format(job.source)} is not released to "${job.target}" by the current rules: ${answer.why}`;
}

/** A paused target's job would be acknowledged without a copy, and the dead letter would be lost. */
function skipPaused(
  { rules: { targets }, clock }: PlanDeps,
  jobs: readonly CopyJob[] | string,
): readonly CopyJob[] | string {
  if (typeof jobs === 'string') return jobs;
  const now = clock.now();
  const pauses = new Map(targets.map((target) => [target.name, pauseOf(target, now)]));
  if (jobs.some(({ target }) => pauses.get(target) === undefined)) return jobs;
  const names = [...new Set(jobs.map(({ target }) => `"${target}"`))].join(', ');
  return `${names} ${jobs.length === 1 ? 'is' : 'are'} paused: nothing would be copied`;
}

export interface ReplayDeps {
  readonly publish: Publish;
  readonly encode: CopyJobs['encode'];
  /** The full name of the topic of copy jobs. */
  readonly topic: string;
  readonly ack: (ackIds: readonly string[]) => Promise<void>;
  /** Dead letters a second. */
  readonly rate: number;
  readonly onReplayed: (plan: ReplayPlan) => void;
  /** Aborts the replay between two dead letters. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'sleep'>;
}

/**
 * Publishes the jobs of each plan and, once they are confirmed, acks its dead letter. Dead letters without jobs stay.
 * @throws {PublishError} at the first failed publish, or the reason of `signal`. That dead letter and the following
 * ones stay.
 */
export async function replay(plans: readonly ReplayPlan[], deps: ReplayDeps): Promise<void> {
  const { clock, signal } = deps;
  const ready = plans.filter(({ jobs }) => jobs.length > 0);
  for (const [at, plan] of ready.entries()) {
    if (at > 0) await clock.sleep(1000 / deps.rate, signal);
    signal.throwIfAborted();
    await deps.publish(deps.topic, plan.jobs.map(deps.encode));
    await deps.ack(plan.letter.ackIds);
    deps.onReplayed(plan);
  }
}
