import { createCopyJobs } from '../jobs/copy-job';
import { references } from './references';

/** Copy jobs as messages, of whatever kind. */
export const { parse: parseCopyJob, encode: encodeCopyJob } = createCopyJobs(references);
