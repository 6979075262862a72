import { attachReceipt } from '../../shared/copy/attach-receipt';
import { copyImage } from '../../shared/copy/copy';
import { createCopyCaches } from '../../shared/copy/caches';
import type { CopyOutcome } from '../../shared/copy/outcome';
import { createDelivery } from '../../shared/delivery/delivery';
import { parseCopyJob } from '../../shared/jobs/copy-job';
import { createPublisher } from '../../shared/jobs/publisher';
import { emptyTraffic } from '../../shared/oci/client';
import { formatReference } from '../../shared/oci/reference';
import { createRetryBudget } from '../../shared/oci/retry-budget';
import { openLog } from '../log';
import { openRegistries } from '../registries';
import { version } from '../../package.json';
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

async function copy(allowed: AllowedCopy): Promise<CopyOutcome> {
  const { source, rule, target, destination, repair, blobByBlob } = allowed;
  const signal = AbortSignal.timeout(config.COPY_TIMEOUT_SECONDS * 1000);
  const traffic = emptyTraffic();
  const retryBudget = createRetryBudget();
  const { impersonate } = target;
  const repository = registries.open(destination, {
    access: 'push',
    signal,
    traffic,
    retryBudget,
    ...(impersonate !== undefined && { identity: impersonate }),
  });
  const outcome = await copyImage({
    source: registries.open(source, { access: 'pull', signal, traffic, retryBudget }),
    target: repository,
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
  // What is attached late belongs to a release that has its receipt.
  const { registry, repository: path, tag } = source;
  if (!target.receipts || tag === undefined || destination.tag === undefined) return outcome;
  return attachReceipt({
    outcome,
    repository,
    source: formatReference({ registry, repository: path, tag }),
    target: target.name,
    rule: rule.name,
    version,
    time: new Date(),
    caches,
    traffic,
    signal,
  });
}
