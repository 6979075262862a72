import { describePush, type RegistryPush } from '../../shared/events/registry-push';
import type { Done } from '../../shared/delivery/delivery';
import type { CopyJob } from '../../shared/jobs/copy-job';
import { planJobs, type HasSubject } from '../../shared/jobs/plan';
import type { Rules } from '../../shared/rules/rules';

export interface PlanCopiesDeps {
  readonly rules: Rules;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly hasSubject: HasSubject;
}

/** Turns one registry push into one copy job for each rule and target that want it. */
export function createPlanCopies(deps: PlanCopiesDeps): (push: RegistryPush) => Promise<Done> {
  return async (push) => {
    const image = describePush(push);
    if (push.action === 'DELETE') {
      return ignored(`${image} was deleted at the source: targets keep what they have`);
    }
    if (push.action !== 'INSERT') {
      return ignored(`${image}: a notice of ${JSON.stringify(push.action)} needs no copy`);
    }
    const jobs = await planJobs(deps.rules, push, deps.hasSubject);
    if (typeof jobs === 'string') return ignored(`${image} ${jobs}: nothing to copy`);
    await deps.publishJobs(jobs);
    const targets = [...new Set(jobs.map(({ target }) => target))];
    return {
      outcome: 'planned',
      line: `${image}: ${jobs.length} copy ${jobs.length === 1 ? 'job' : 'jobs'} published, for ${listed(targets)}`,
      message: 'Copy jobs published',
      fields: { jobs: jobs.length, targets: targets.length },
    };
  };
}

function ignored(line: string): Done {
  return { outcome: 'ignored', line, message: 'Nothing to copy', fields: { why: line } };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}
