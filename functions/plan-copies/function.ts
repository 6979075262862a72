import { createDelivery } from '../../shared/delivery/delivery';
import { createCoalescer } from '../../shared/async/sharing';
import type { SourceAccess } from '../../shared/jobs/events';
import { events } from '../../shared/kinds/messages';
import { encodeCopyJob } from '../../shared/kinds/messages';
import { createLateProver } from '../../shared/statements/late-prover';
import type { Parts } from '../parts';
import type { Config } from './config';
import { createPlanCopies } from './handler';

export interface PlanCopiesParts extends Parts {
  readonly config: Config;
  /** Called once, when a registry has to be read for the first time. */
  readonly openRegistries: SourceAccess['openRegistries'];
  readonly artifactRegistry: SourceAccess['artifactRegistry'];
}

/** Publishes the copy jobs of events. */
export function createFunction(parts: PlanCopiesParts): (event: unknown) => Promise<string> {
  const { artifactRegistry, clock, config, publish } = parts;
  const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator } = config;
  let registries: ReturnType<SourceAccess['openRegistries']> | undefined;
  const planCopies = createPlanCopies({
    openRegistries: () => (registries ??= parts.openRegistries()),
    artifactRegistry,
    emulatedHosts: emulator === undefined ? [] : config.PLAIN_HTTP_HOSTS,
    prove: createLateProver(),
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
        subject: { source: event.about },
        run: (message) => planCopies(event, message),
      }),
    },
    deadLetterTopic: config.DEAD_LETTER_TOPIC,
    queues: { retry: config.PLAN_RETRIES_TOPIC },
    graceSeconds: config.GRACE_SECONDS,
  });
}
