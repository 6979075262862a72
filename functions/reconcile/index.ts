import { createDelivery } from '../../shared/delivery/delivery';
import { createArtifactRegistry } from '../../shared/google/artifact-registry';
import { openInventory } from '../../shared/inventory/inventory';
import { encodePart, parsePart } from '../../shared/inventory/part';
import { publishJobs } from '../../shared/inventory/publish-jobs';
import { listingOf } from '../../shared/inventory/source';
import { createPublisher } from '../../shared/jobs/publisher';
import { emptyTraffic } from '../../shared/oci/client';
import { systemClock } from '../../shared/system/clock';
import { openLog } from '../log';
import { openRegistries } from '../registries';
import { parseConfig } from './config';
import { createReconcile, type ReconcileRun } from './handler';

const config = parseConfig(process.env);
const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator, STORAGE_EMULATOR_HOST: storageHost } = config;
const registries = openRegistries(config);
const artifactRegistry = createArtifactRegistry(emulator === undefined ? {} : { emulator });
const { publish } = createPublisher();
const logFor = openLog(config);

/** Compares sources with targets, part by part, and publishes the jobs that heal what differs. */
export const reconcile = createDelivery({
  function: 'reconcile',
  work: {
    parse: parsePart,
    describe: ({ rule }) => (rule === undefined ? {} : { rule }),
    run: createReconcile({
      rules: config.RULES_FILE,
      openRun,
      publishJobs: (jobs) =>
        publishJobs(publish, config.COPY_JOBS_TOPIC, jobs, {
          jobsPerSecond: config.JOBS_PER_SECOND,
        }),
      publishParts: (parts) => publish(config.RECONCILE_TOPIC, parts.map(encodePart)),
      report: (record) => logFor(undefined).warn(record, 'Target differs from the source'),
    }),
  },
  publish,
  deadLetterTopic: config.DEAD_LETTER_TOPIC,
  graceSeconds: config.GRACE_SECONDS,
  clock: systemClock,
  logFor,
});

function openRun(): ReconcileRun {
  const traffic = emptyTraffic();
  const end = systemClock.monotonic() + config.RECONCILE_SECONDS * 1000;
  const { listing, comparison } = openInventory({
    registries,
    artifactRegistry,
    emulatedHosts: emulator === undefined ? [] : config.PLAIN_HTTP_HOSTS,
    ...(storageHost !== undefined && { storageHost }),
    requestsPerSecond: config.REQUESTS_PER_SECOND,
    attachments: true,
    traffic,
  });
  return {
    comparison,
    listingOf: (rule) => listingOf(rule, listing),
    isSpent: () => traffic.requests >= config.REQUEST_BUDGET || systemClock.monotonic() >= end,
  };
}
