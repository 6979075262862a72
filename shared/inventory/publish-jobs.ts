import pThrottle from 'p-throttle';
import { encodeCopyJob, type CopyJob } from '../jobs/copy-job';
import type { Publish } from '../jobs/publisher';

export interface PublishingOptions {
  /** So that the releases of the moment are not held up by a long list of old ones. */
  readonly jobsPerSecond: number;
  readonly onPublished?: (jobs: number) => void;
}

/** Publishes jobs in their order, so many a second. @throws {PublishError}; what was published by then stays so. */
export async function publishJobs(
  publish: Publish,
  topic: string,
  jobs: readonly CopyJob[],
  { jobsPerSecond, onPublished = () => undefined }: PublishingOptions,
): Promise<void> {
  const inTurn = pThrottle({ limit: 1, interval: 1000 })(publish);
  for (let first = 0; first < jobs.length; first += jobsPerSecond) {
    const some = jobs.slice(first, first + jobsPerSecond);
    await inTurn(topic, some.map(encodeCopyJob));
    onPublished(some.length);
  }
}
