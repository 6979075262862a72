import { createDelivery } from '../../shared/delivery/delivery';
import type { ArtifactRegistry } from '../../shared/google/artifact-registry';
import { createCoalescer } from '../../shared/jobs/coalescer';
import type { Lookups } from '../../shared/jobs/events';
import { events } from '../../shared/kinds/events';
import { encodeCopyJob } from '../../shared/kinds/jobs';
import type { RegistryClient } from '../../shared/oci/client';
import type { Parts } from '../parts';
import type { Config } from './config';
import { createPlanCopies } from './handler';

export interface PlanCopiesParts extends Parts {
  readonly config: Config;
  /**
   * Called when a registry has to be asked for the first time: that is rare, and the HTTP client would slow down every
   * cold start.
   */
  readonly openRegistries: () => Promise<RegistryClient>;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'tagsOf'>;
}

/** Publishes the copy jobs of events. */
export function createFunction(parts: PlanCopiesParts): (event: unknown) => Promise<string> {
  const { clock, config, publish } = parts;
  const planCopies = createPlanCopies({
    ...lateLookups(parts),
    events,
    rules: config.RULES_FILE,
    coalescer: createCoalescer(clock),
    clock,
    graceSeconds: config.GRACE_SECONDS,
    publishJobs: (jobs) => publish(config.COPY_JOBS_TOPIC, jobs.map(encodeCopyJob)),
  });
  return createDelivery({
    ...parts,
    function: 'planCopies',
    work: {
      parse: events.parse,
      open: (event) => ({
        subject: { source: events.describe(event) },
        run: (message) => planCopies(event, message),
      }),
    },
    deadLetterTopic: config.DEAD_LETTER_TOPIC,
    lanes: { slow: config.PLAN_RETRIES_TOPIC },
    graceSeconds: config.GRACE_SECONDS,
  });
}

function lateLookups(parts: PlanCopiesParts): Lookups {
  const { artifactRegistry, clock, config } = parts;
  const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator } = config;
  let loaded: Promise<Lookups> | undefined;
  const load = async (): Promise<Lookups> => {
    const { createLookups } = await import('../../shared/kinds/lookups.js');
    return createLookups({
      clock,
      artifactRegistry,
      emulatedHosts: emulator === undefined ? [] : config.PLAIN_HTTP_HOSTS,
      registries: await parts.openRegistries(),
    });
  };
  const lookups = (): Promise<Lookups> => (loaded ??= load());
  return {
    readAttached: async (image) => (await lookups()).readAttached(image),
    prove: async (subject, rules, pushed) => (await lookups()).prove(subject, rules, pushed),
    tagsOf: async (subject, mayMatter) => (await lookups()).tagsOf(subject, mayMatter),
    listUploaded: async (repository, upload) => (await lookups()).listUploaded(repository, upload),
  };
}
