import { copyImage } from '../../shared/copy/copy';
import { createCopyCaches } from '../../shared/copy/caches';
import { createDelivery } from '../../shared/delivery/delivery';
import { parseCopyJob } from '../../shared/jobs/copy-job';
import { createPublisher } from '../../shared/jobs/publisher';
import { emptyTraffic } from '../../shared/oci/client';
import { createRetryBudget } from '../../shared/oci/retry-budget';
import { openLog } from '../log';
import { openRegistries } from '../registries';
import { parseConfig } from './config';
import { createCopyArtifact, describeJob, type AllowedCopy } from './handler';

const config = parseConfig(process.env);
const registries = openRegistries(config);
const caches = createCopyCaches();

/** Executes one copy job (design: a delivery is acked only when its image is at the target, or never will be). */
export const copyArtifact = createDelivery({
  function: 'copyArtifact',
  work: {
    parse: parseCopyJob,
    describe: (job) => describeJob(config.RULES_FILE, job),
    run: createCopyArtifact({ rules: config.RULES_FILE, copy }),
  },
  publish: createPublisher().publish,
  deadLetterTopic: config.DEAD_LETTER_TOPIC,
  lanes: { fast: config.COPY_JOBS_TOPIC, slow: config.COPY_RETRIES_TOPIC },
  graceSeconds: config.GRACE_SECONDS,
  now: () => new Date(),
  logFor: openLog(config),
});

function copy({ source, rule, target, destination, repair, blobByBlob }: AllowedCopy) {
  const signal = AbortSignal.timeout(config.COPY_TIMEOUT_SECONDS * 1000);
  const traffic = emptyTraffic();
  const retryBudget = createRetryBudget();
  const { impersonate } = target;
  return copyImage({
    source: registries.open(source, { access: 'pull', signal, traffic, retryBudget }),
    target: registries.open(destination, {
      access: 'push',
      signal,
      traffic,
      retryBudget,
      ...(impersonate !== undefined && { identity: impersonate }),
    }),
    ...(source.tag !== undefined && { tag: source.tag }),
    ...(source.digest !== undefined && { digest: source.digest }),
    ...(destination.tag !== undefined && { destinationTag: destination.tag }),
    options: {
      attachments: rule.attachments,
      immutable: rule.immutable,
      ...(rule.platforms !== undefined && { platforms: rule.platforms }),
      repair,
      blobConcurrency: blobByBlob ? 1 : config.BLOB_CONCURRENCY,
      mountScope: target.repository.repository,
    },
    caches,
    traffic,
    retryBudget,
    signal,
  });
}
