import { createCopyJobs } from '../jobs/copy-job';
import { createEvents } from '../jobs/events';
import { KINDS } from './kinds';
import { references } from './references';

/** Reads events about artifacts of all kinds. */
export const events = createEvents(KINDS);

/** Writes and reads copy jobs as messages. */
export const { parse: parseCopyJob, encode: encodeCopyJob } = createCopyJobs(references);
