import { describeEvent, whyIgnored, type ArtifactEvent } from '../../shared/events/event';
import type { Done } from '../../shared/delivery/delivery';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { Looks, Occasion } from '../../shared/jobs/looks';
import { planJobs, type Lookups } from '../../shared/jobs/plan';
import { setsTag } from '../../shared/events/template-upload';
import type { Rules } from '../../shared/rules/rules';

export interface PlanCopiesDeps extends Lookups {
  readonly rules: Rules;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly looks: Looks;
}

/** Turns one event into one copy job for each rule and target that want it. */
export function createPlanCopies(deps: PlanCopiesDeps): (event: ArtifactEvent) => Promise<Done> {
  return async (event) => {
    const ignoredBecause = whyIgnored(event);
    if (ignoredBecause !== undefined) return ignored(ignoredBecause);
    const occasion = occasionOf(event);
    if (occasion === undefined) return plan(event, deps);
    const done = await deps.looks.once(occasion, () => plan(event, deps));
    return done ?? ignored(`${describeEvent(event)} has been looked at since: nothing to copy`);
  };
}

async function plan(event: ArtifactEvent, deps: PlanCopiesDeps): Promise<Done> {
  const about = describeEvent(event);
  const jobs = await planJobs(deps.rules, event, deps);
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

/** Uploads that are told by the name of their repository alone, as when many come at once, need one look together. */
function occasionOf({ kind, push }: ArtifactEvent): Occasion | undefined {
  if (kind !== 'template' || push.package !== undefined) return undefined;
  const { location, project, repository, time, loggedAt } = push;
  if (time === undefined || loggedAt === undefined) return undefined;
  // What is listed for an upload and what for a tag is not the same.
  const key = `${location}/${project}/${repository}${setsTag(push) ? ' tags' : ''}`;
  return { key, from: time, until: loggedAt };
}

function ignored(line: string): Done {
  return { outcome: 'ignored', line, message: 'Nothing to copy', fields: { why: line } };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}
