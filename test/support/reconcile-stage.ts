import { createFunction } from '../../functions/reconcile/function';
import { createArtifactRegistryServer } from '../../local/servers/artifact-registry/artifact-registry';
import type { CatalogImage } from '../../local/servers/artifact-registry/catalog';
import { createArtifactRegistry } from '../../shared/google/artifact-registry';
import type { OutgoingMessage } from '../../shared/jobs/copy-job';
import { createRegistryClient } from '../../shared/oci/client';
import type { Rules } from '../../shared/rules/rules';
import { system } from '../../shared/system/system';
import { topicNamed } from './deployment';
import { createJumpingClock } from './jumping-clock';

export interface ReconcileStageOptions {
  readonly rules: Rules;
  /** What the source holds, in the order of its list. Read at each request. */
  readonly images: () => readonly CatalogImage[];
  /** Requests to registries in one delivery. */
  readonly requestBudget: number;
}

/** The function reconcile in this process: it lists by Artifact Registry's API, and asks targets as fast as they answer. */
export interface ReconcileStage {
  /** Requests to Artifact Registry's API so far. */
  readonly listed: () => number;
  /** Copy jobs so far. */
  readonly jobs: () => number;
  /** Runs a whole reconciliation, part by part, and returns the answers; `between` is called before each part but the first. */
  readonly run: (between?: (answers: readonly string[]) => void) => Promise<string[]>;
  readonly close: () => Promise<void>;
}

export async function createReconcileStage(
  options: ReconcileStageOptions,
): Promise<ReconcileStage> {
  const counts = { listed: 0, jobs: 0 };
  const parts: OutgoingMessage[] = [];
  const api = await createArtifactRegistryServer({
    catalog: {
      images: () => Promise.resolve(options.images()),
      repositories: () => Promise.resolve([]),
    },
    onCall: () => (counts.listed += 1),
  });
  const clock = createJumpingClock();
  const registries = createRegistryClient({ ...system, clock, plainHttpHosts: ['127.0.0.1'] });
  const artifactRegistry = createArtifactRegistry({ emulator: api.address });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const reconcile = createFunction({
    clock,
    random: system.random,
    registries,
    artifactRegistry,
    logFor: () => log,
    publish(topic, messages) {
      if (topic === topicNamed('reconcile')) parts.push(...messages);
      else counts.jobs += messages.length;
      return Promise.resolve();
    },
    config: {
      RULES_FILE: options.rules,
      COPY_JOBS_TOPIC: topicNamed('copy-jobs'),
      DEAD_LETTER_TOPIC: topicNamed('dead-letters'),
      RECONCILE_TOPIC: topicNamed('reconcile'),
      GRACE_SECONDS: 600,
      LOG_LEVEL: 'error',
      PLAIN_HTTP_HOSTS: [],
      DOCKER_CONFIG: undefined,
      MAX_MANIFEST_BYTES: 4_194_304,
      REQUEST_BUDGET: options.requestBudget,
      REQUESTS_PER_SECOND: 1_000_000,
      JOBS_PER_SECOND: 1000,
      RECONCILE_SECONDS: 1_000_000,
      ARTIFACT_REGISTRY_EMULATOR_HOST: undefined,
      STORAGE_EMULATOR_HOST: undefined,
    },
  });
  const deliver = ({ data, attributes }: OutgoingMessage): Promise<string> =>
    reconcile({
      source: `//pubsub.googleapis.com/${topicNamed('reconcile')}`,
      data: {
        message: {
          data: Buffer.from(data).toString('base64'),
          attributes,
          messageId: '1',
          publishTime: new Date(clock.now()).toISOString(),
        },
      },
    });
  return {
    listed: () => counts.listed,
    jobs: () => counts.jobs,
    async run(between = () => undefined) {
      const answers = [await deliver({ data: Buffer.from('{}'), attributes: {} })];
      for (let part = parts.shift(); part; part = parts.shift()) {
        if (answers.length > 1) between(answers);
        answers.push(await deliver(part));
      }
      return answers;
    },
    async close() {
      await Promise.all([registries.close(), artifactRegistry.close(), api.close()]);
    },
  };
}
