import { describePush, type RegistryPush } from '../../shared/events/registry-push';
import type { Done } from '../../shared/delivery/delivery';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { Digest } from '../../shared/oci/digest';
import type { Reference } from '../../shared/oci/reference';
import { isAttachmentTag, matchImage, matchTag } from '../../shared/rules/match';
import type { Rules } from '../../shared/rules/rules';

export interface PlanCopiesDeps {
  readonly rules: Rules;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  /** Whether the manifest at the source names a `subject`. */
  readonly hasSubject: (image: Reference & { digest: Digest }) => Promise<boolean>;
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
    const jobs = await planJobs(deps, push);
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

/** The jobs, or why there are none. */
async function planJobs(deps: PlanCopiesDeps, push: RegistryPush): Promise<CopyJob[] | string> {
  const { tag, digest } = push;
  if (tag !== undefined && !isAttachmentTag(tag)) {
    const copies = matchTag(deps.rules, { ...push, tag });
    return copies.length === 0 ? 'matches no rule' : jobsFor(push, copies);
  }
  const wanted = matchImage(deps.rules, push);
  if (wanted.length === 0) return 'matches no rule with attachments';
  if (tag === undefined && digest !== undefined && !(await deps.hasSubject({ ...push, digest }))) {
    return 'has no tag of its own and is no attachment';
  }
  return jobsFor(push, wanted);
}

function jobsFor(
  { registry, repository, tag, digest }: RegistryPush,
  copies: readonly { rule: { name: string }; target: { name: string } }[],
): CopyJob[] {
  const source: Reference = {
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
  return copies.map(({ rule, target }) => ({
    source,
    target: target.name,
    rule: rule.name,
    repair: false,
  }));
}

function ignored(line: string): Done {
  return { outcome: 'ignored', line, message: 'Nothing to copy', fields: { why: line } };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}
