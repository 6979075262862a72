import { createDelivery } from '../../shared/delivery/delivery';
import type { ArtifactRegistry } from '../../shared/google/artifact-registry';
import { openInventory } from '../../shared/inventory/inventory';
import { encodePart, parsePart } from '../../shared/inventory/part';
import { publishJobs } from '../../shared/inventory/publish-jobs';
import { loadInventoryKinds } from '../../shared/kinds/kinds';
import { encodeCopyJob } from '../../shared/kinds/messages';
import { type RegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import type { Parts } from '../parts';
import type { Config } from './config';
import { createReconcile, type ReconcileRun } from './handler';

export interface ReconcileParts extends Parts {
  readonly config: Config;
  readonly registries: RegistryClient;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
}

const SAID = {
  drift: 'Target differs from the source',
  unreachable: 'Target differs from the source',
  held: 'Releases wait',
};

/** Compares sources with targets, part by part, and publishes the jobs that repair the differences. */
export function createFunction(parts: ReconcileParts): (event: unknown) => Promise<string> {
  const { clock, config, logFor, publish } = parts;
  const reconcile = createReconcile({
    rules: config.RULES_FILE,
    openRun: () => openRun(parts),
    publishJobs: (jobs) =>
      publishJobs(publish, config.COPY_JOBS_TOPIC, jobs, {
        clock,
        encode: encodeCopyJob,
        jobsPerSecond: config.JOBS_PER_SECOND,
      }),
    publishParts: (next) => publish(config.RECONCILE_TOPIC, next.map(encodePart)),
    report: (record) => logFor(undefined).warn(record, SAID[record.outcome]),
    clock,
  });
  return createDelivery({
    ...parts,
    function: 'reconcile',
    work: {
      parse: parsePart,
      open: (part) => ({
        subject: 'source' in part ? { source: part.source } : {},
        run: () => reconcile(part),
      }),
    },
    deadLetterTopic: config.DEAD_LETTER_TOPIC,
    graceSeconds: config.GRACE_SECONDS,
  });
}

async function openRun(parts: ReconcileParts): Promise<ReconcileRun> {
  const { clock, config, registries, artifactRegistry } = parts;
  const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator, STORAGE_EMULATOR_HOST: storageHost } = config;
  const traffic = emptyTraffic();
  const end = clock.monotonic() + config.RECONCILE_SECONDS * 1000;
  const { listingOf, comparisonBy } = openInventory({
    kinds: await loadInventoryKinds(),
    clock,
    registries,
    artifactRegistry,
    emulatedHosts: emulator === undefined ? [] : config.PLAIN_HTTP_HOSTS,
    storageHost,
    requestsPerSecond: config.REQUESTS_PER_SECOND,
    attachments: true,
    traffic,
  });
  return {
    comparison: comparisonBy(config.RULES_FILE),
    listingOf,
    isSpent: () => traffic.requests >= config.REQUEST_BUDGET || clock.monotonic() >= end,
  };
}
