import { setTimeout as delay } from 'node:timers/promises';
import { describeEvent, isEvent, parseEvent, whyIgnored } from '../events/event';
import type { Rules } from '../rules/rules';
import { encodeCopyJob, parseCopyJob, type CopyJob } from './copy-job';
import type { Letter } from './letters';
import { planJobs, type Lookups } from './plan';
import type { Publish } from './publisher';

export interface ReplayPlan {
  readonly letter: Letter;
  /** What is to be published for it; none: it stays where it is. */
  readonly jobs: readonly CopyJob[];
  /** Why there are none. */
  readonly why?: string;
}

export interface PlanDeps extends Lookups {
  /** Today's; asked for only when an event is among the letters. */
  readonly rules: () => Rules;
}

/**
 * What a letter is replayed as: a job as that job, without its history; an event as the jobs that the rules plan for it
 * today, because the topic that it came by has other readers.
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
  if (!isEvent(message)) return [parseCopyJob(message)];
  const event = parseEvent(message);
  const ignored = whyIgnored(event);
  if (ignored !== undefined) return ignored;
  const jobs = await planJobs(deps.rules(), event, deps);
  return typeof jobs === 'string' ? `${describeEvent(event)} ${jobs} today` : jobs;
}

export interface ReplayDeps {
  readonly publish: Publish;
  /** The full name of the topic of copy jobs. */
  readonly topic: string;
  readonly ack: (ackIds: readonly string[]) => Promise<void>;
  /** Letters a second. */
  readonly rate: number;
  readonly onReplayed: (plan: ReplayPlan) => void;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/**
 * Publishes the jobs of each plan and then, when they are confirmed, takes its letter away; letters without jobs stay.
 *
 * @throws {PublishError} at the first that fails: that letter and those after it stay.
 */
export async function replay(plans: readonly ReplayPlan[], deps: ReplayDeps): Promise<void> {
  const { sleep = delay } = deps;
  const ready = plans.filter(({ jobs }) => jobs.length > 0);
  for (const [at, plan] of ready.entries()) {
    if (at > 0) await sleep(1000 / deps.rate);
    await deps.publish(deps.topic, plan.jobs.map(encodeCopyJob));
    await deps.ack(plan.letter.ackIds);
    deps.onReplayed(plan);
  }
}
