import type { CopyJob, CopyJobs } from '../jobs/copy-job';
import type { Publish } from '../jobs/publisher';
import { createRateLimiter, type RateLimit } from '../async/limits';

export interface PublishingOptions extends Pick<RateLimit, 'clock'> {
  /** Limits the rate, so that current releases are not held up by a long list of old ones. */
  readonly jobsPerSecond: number;
  readonly encode: CopyJobs['encode'];
  readonly onPublished?: (jobs: number) => void;
}

/**
 * Publishes jobs in their order, `jobsPerSecond` at most. @throws {PublishError}; what was published by then stays so.
 */
export async function publishJobs(
  publish: Publish,
  topic: string,
  jobs: readonly CopyJob[],
  { clock, encode, jobsPerSecond, onPublished = () => undefined }: PublishingOptions,
): Promise<void> {
  const turn = createRateLimiter({ perSecond: 1, clock });
  for (let first = 0; first < jobs.length; first += jobsPerSecond) {
    const some = jobs.slice(first, first + jobsPerSecond);
    await turn();
    await publish(topic, some.map(encode));
    onPublished(some.length);
  }
}
