import { createCopyCaches } from '../../shared/copy/caches';
import { createDelivery } from '../../shared/delivery/delivery';
import { parseCopyJob } from '../../shared/jobs/copy-job';
import { createPublisher } from '../../shared/jobs/publisher';
import { createRetryBudget } from '../../shared/oci/retry-budget';
import { systemClock } from '../../shared/system/clock';
import { openLog } from '../log';
import { openRegistries } from '../registries';
import { parseConfig } from './config';
import { createCopyArtifact, describeJob } from './handler';
import { copyByKind } from './kinds';

const config = parseConfig(process.env);
const { STORAGE_EMULATOR_HOST: storageHost } = config;
const registries = openRegistries(config);
const caches = createCopyCaches();

/** Executes one copy job (design: a delivery is acked only when its artifact is at the target, or never will be). */
export const copyArtifact = createDelivery({
  function: 'copyArtifact',
  work: {
    parse: parseCopyJob,
    describe: (job) => describeJob(config.RULES_FILE, job),
    run: createCopyArtifact({
      rules: config.RULES_FILE,
      copy(allowed, { repair, blobByBlob, attributes, traffic }) {
        const deadline = systemClock.deadline(config.COPY_TIMEOUT_SECONDS * 1000);
        return copyByKind(allowed, {
          registries,
          caches,
          signal: deadline.signal,
          traffic,
          retryBudget: createRetryBudget(),
          repair,
          blobConcurrency: blobByBlob ? 1 : config.BLOB_CONCURRENCY,
          attributes,
          ...(storageHost !== undefined && { storageHost }),
        }).finally(() => deadline.release());
      },
    }),
  },
  publish: createPublisher().publish,
  deadLetterTopic: config.DEAD_LETTER_TOPIC,
  lanes: { fast: config.COPY_JOBS_TOPIC, slow: config.COPY_RETRIES_TOPIC },
  graceSeconds: config.GRACE_SECONDS,
  clock: systemClock,
  logFor: openLog(config),
});
