import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  deployedSubscriptions,
  type PubsubResources,
  type SubscriptionsFile,
  topicName,
  toPubsubResources,
} from '../subscriptions';
import type { OnClose } from './closers';
import type { Signing } from './signing';
import { type FunctionProcess, startFunction } from './function-process';
import { type LogEntry, parseLogLine } from './log-entry';

/** The product: what Google runs. */
export interface Functions {
  readonly planCopies: FunctionProcess;
  readonly copyArtifact: FunctionProcess;
  readonly reconcile: FunctionProcess;
}

export interface FunctionsOptions {
  /** The repository, built. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onCrash: (error: Error) => void;
  readonly onLog?: (entry: LogEntry) => void;
}

/** Starts all of them at once. @throws {Error} that says which cannot be started. */
export async function startFunctions(
  { root, environment, onCrash, onLog }: FunctionsOptions,
  onClose: OnClose,
): Promise<Functions> {
  const start = async (target: string): Promise<FunctionProcess> => {
    const started = await startFunction({
      target,
      root,
      environment,
      onLine: (line) => {
        const entry = parseLogLine(target, line);
        if (entry !== undefined) onLog?.(entry);
      },
      onCrash,
    });
    onClose(() => started.stop());
    return started;
  };
  const all = [start('planCopies'), start('copyArtifact'), start('reconcile')] as const;
  // If one fails, the others must be up before they can be ended.
  await Promise.allSettled(all);
  const [planCopies, copyArtifact, reconcile] = await Promise.all(all);
  return { planCopies, copyArtifact, reconcile };
}

export interface SubscriptionOptions {
  /** Default: what Terraform deploys. */
  readonly subscriptions?: SubscriptionsFile;
  /** Divides the back-offs of the subscriptions; the embedded broker has a time scale besides. */
  readonly speed?: number;
}

/** Topics and subscriptions as they are deployed, which push to the functions here. */
export function resourcesFor(
  { planCopies, copyArtifact, reconcile }: Functions,
  project: string,
  { subscriptions = deployedSubscriptions(), speed }: SubscriptionOptions,
): PubsubResources {
  const functions = {
    'plan-copies': planCopies.origin,
    'copy-artifact': copyArtifact.origin,
    reconcile: reconcile.origin,
  };
  return toPubsubResources(subscriptions, {
    project,
    functions,
    speed,
  });
}

/** @throws {Error} that says how to build. */
export function requireBuild(root: string): void {
  const missing = ['dist/functions/index.js', 'dist/local/loopback.js']
    .map((file) => join(root, file))
    .find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`${missing} is missing: run "npm run build" first`);
}

export interface Addresses {
  readonly project: string;
  readonly rulesFile: string;
  readonly pubsubAddress: string;
  readonly artifactRegistryAddress: string;
  readonly storageOrigin: string;
  readonly signing: Signing;
}

/** The functions' configuration, as Terraform sets it. */
export function environmentOf({
  project,
  rulesFile,
  pubsubAddress,
  artifactRegistryAddress,
  storageOrigin,
  signing,
}: Addresses): Record<string, string> {
  return {
    ...pubsubEnvironment(project, pubsubAddress),
    RULES_FILE: rulesFile,
    ARTIFACT_REGISTRY_EMULATOR_HOST: artifactRegistryAddress,
    STORAGE_EMULATOR_HOST: storageOrigin,
    SIGNING_KEY: signing.keyFile,
  };
}

/** The part of it that is about Pub/Sub: the topics that functions publish to. */
export function pubsubEnvironment(project: string, address: string): Record<string, string> {
  return {
    COPY_JOBS_TOPIC: topicName(project, 'copy-jobs'),
    COPY_RETRIES_TOPIC: topicName(project, 'copy-retries'),
    PLAN_RETRIES_TOPIC: topicName(project, 'plan-retries'),
    RECONCILE_TOPIC: topicName(project, 'reconcile'),
    DEAD_LETTER_TOPIC: topicName(project, 'dead-letters'),
    PUBSUB_EMULATOR_HOST: address,
    // Otherwise Google's libraries look for a metadata server, which is not here.
    METADATA_SERVER_DETECTION: 'none',
  };
}
