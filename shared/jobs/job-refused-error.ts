import type { CopyJob } from './copy-job';

/** Reports a job that no rule allows. */
export class JobRefusedError extends Error {
  override readonly name = 'JobRefusedError';
  /** The rule that the job names, if any: a rollout of rules may still add it. */
  readonly rule: string | undefined;
  constructor(job: CopyJob, why: string) {
    super(`No rule allows this copy: ${why}`);
    this.rule = job.rule;
  }
}
