import type { CopyJob } from './copy-job';

/** A job that no rule allows. */
export class JobRefusedError extends Error {
  override readonly name = 'JobRefusedError';
  /** The rule that the job names, if it names one: then a rollout of rules may still make it right. */
  readonly rule: string | undefined;
  constructor(job: CopyJob, why: string) {
    super(`No rule allows this copy: ${why}`);
    this.rule = job.rule;
  }
}
