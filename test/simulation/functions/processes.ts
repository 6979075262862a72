import { Config as CopyArtifactConfig } from '../../../functions/copy-artifact/config';
import { createFunction as createCopyArtifact } from '../../../functions/copy-artifact/function';
import type { Parts } from '../../../functions/parts';
import { Config as PlanCopiesConfig } from '../../../functions/plan-copies/config';
import { createFunction as createPlanCopies } from '../../../functions/plan-copies/function';
import { Config as ReconcileConfig } from '../../../functions/reconcile/config';
import { createFunction as createReconcile } from '../../../functions/reconcile/function';
import type { RegistriesConfig } from '../../../functions/registries';
import { topicName } from '../../../local/subscriptions';
import type { ArtifactRegistry } from '../../../shared/google/artifact-registry';
import { createRegistryClient, type RegistryClient } from '../../../shared/oci/client';
import type { GoogleTokens } from '../../../shared/oci/auth/auth';
import type { Send } from '../../../shared/oci/http/transport';
import type { Rules } from '../../../shared/rules/rules';
import { LARGEST } from '../history/refused';
import type { Handler } from './fleet';
import { CREDENTIALS } from '../servers/guarded';
import { PROJECT } from '../pubsub/pubsub';

/** What a process gets from the world in which it runs. */
export interface ProcessParts extends Parts {
  readonly rules: Rules;
  readonly send: Send;
  readonly googleTokens: GoogleTokens;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages' | 'tagsOf'>;
}

const topic = (name: string): string => topicName(PROJECT, name);

/** As deployed, but for the rules, which are no file. */
const ENVIRONMENT = {
  COPY_JOBS_TOPIC: topic('copy-jobs'),
  COPY_RETRIES_TOPIC: topic('copy-retries'),
  PLAN_RETRIES_TOPIC: topic('plan-retries'),
  DEAD_LETTER_TOPIC: topic('dead-letters'),
  RELEASE_EVENTS_TOPIC: topic('release-events'),
  RECONCILE_TOPIC: topic('reconcile'),
  MAX_MANIFEST_BYTES: String(LARGEST.manifest),
};
const COPY_ARTIFACT = CopyArtifactConfig.omit({ RULES_FILE: true }).parse(ENVIRONMENT);
const PLAN_COPIES = PlanCopiesConfig.omit({ RULES_FILE: true }).parse(ENVIRONMENT);
const RECONCILE = ReconcileConfig.omit({ RULES_FILE: true }).parse(ENVIRONMENT);

/** A new process of each function, by its folder: put together as its index.ts does it. */
export const PROCESSES: Readonly<Record<string, (parts: ProcessParts) => Handler>> = {
  'plan-copies': (parts) =>
    createPlanCopies({
      ...parts,
      config: { ...PLAN_COPIES, RULES_FILE: parts.rules },
      openRegistries: () => Promise.resolve(openRegistries(parts, PLAN_COPIES)),
    }),
  'copy-artifact': (parts) =>
    createCopyArtifact({
      ...parts,
      config: { ...COPY_ARTIFACT, RULES_FILE: parts.rules },
      registries: openRegistries(parts, COPY_ARTIFACT),
    }),
  reconcile: (parts) =>
    createReconcile({
      ...parts,
      config: { ...RECONCILE, RULES_FILE: parts.rules },
      registries: openRegistries(parts, RECONCILE),
    }),
};

function openRegistries(
  { clock, random, send, googleTokens }: ProcessParts,
  { MAX_MANIFEST_BYTES: maxBytes }: Pick<RegistriesConfig, 'MAX_MANIFEST_BYTES'>,
): RegistryClient {
  return createRegistryClient({
    clock,
    random,
    send,
    plainHttpHosts: [],
    manifestLimits: { maxBytes },
    googleTokens,
    findCredentials: () => Promise.resolve(CREDENTIALS),
  });
}
