import type { Done } from '../../shared/delivery/delivery';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { ArtifactEvent, Events, Lookups } from '../../shared/jobs/events';
import type { Looks } from '../../shared/jobs/looks';
import type { Rules } from '../../shared/rules/rules';

export interface PlanCopiesDeps extends Lookups {
  readonly rules: Rules;
  readonly events: Events;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly looks: Looks;
}

/** Turns one event into one copy job for each rule and target that want it. */
export function createPlanCopies(deps: PlanCopiesDeps): (event: ArtifactEvent) => Promise<Done> {
  const { events } = deps;
  return async (event) => {
    const ignoredBecause = events.whyIgnored(event);
    if (ignoredBecause !== undefined) return ignored(ignoredBecause);
    const occasion = events.occasionOf(event);
    if (occasion === undefined) return plan(event, deps);
    const done = await deps.looks.once(occasion, () => plan(event, deps));
    return done ?? ignored(`${events.describe(event)} has been looked at since: nothing to copy`);
  };
}

async function plan(event: ArtifactEvent, deps: PlanCopiesDeps): Promise<Done> {
  const about = deps.events.describe(event);
  const jobs = await deps.events.plan(deps.rules, event, deps);
  if (typeof jobs === 'string') return ignored(`${about} ${jobs}: nothing to copy`);
  await deps.publishJobs(jobs);
  const targets = [...new Set(jobs.map(({ target }) => target))];
  return {
    outcome: 'planned',
    line: `${about}: ${jobs.length} copy ${jobs.length === 1 ? 'job' : 'jobs'} published, for ${listed(targets)}`,
    message: 'Copy jobs published',
    fields: { jobs: jobs.length, targets: targets.length },
  };
}

function ignored(line: string): Done {
  return { outcome: 'ignored', line, message: 'Nothing to copy', fields: { why: line } };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}
