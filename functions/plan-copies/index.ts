import { createDelivery } from '../../shared/delivery/delivery';
import { describeEvent, parseEvent } from '../../shared/events/event';
import { encodeCopyJob } from '../../shared/jobs/copy-job';
import { createLooks } from '../../shared/jobs/looks';
import { createPublisher } from '../../shared/jobs/publisher';
import { systemClock } from '../../shared/system/clock';
import { openLog } from '../log';
import { parseConfig } from './config';
import { createPlanCopies } from './handler';

const config = parseConfig(process.env);
const { publish } = createPublisher();

/** Publishes the copy jobs of one event. */
export const planCopies = createDelivery({
  function: 'planCopies',
  work: {
    parse: parseEvent,
    describe: (event) => ({ source: describeEvent(event) }),
    run: createPlanCopies({
      rules: config.RULES_FILE,
      looks: createLooks(systemClock),
      publishJobs: (jobs) => publish(config.COPY_JOBS_TOPIC, jobs.map(encodeCopyJob)),
      // Rarely needed, and its HTTP client would slow down every cold start.
      hasSubject: async (image) => (await import('./lookups.js')).hasSubject(config, image),
      listUploaded: async (repository, upload) =>
        (await import('./lookups.js')).listUploaded(config, repository, upload),
    }),
  },
  publish,
  deadLetterTopic: config.DEAD_LETTER_TOPIC,
  graceSeconds: config.GRACE_SECONDS,
  clock: systemClock,
  logFor: openLog(config),
});
