import * as z from 'zod';
import {
  artifactRegistryHost,
  COMMON,
  parseEnvironment,
  storageHost,
  topicName,
  wholeNumber,
  type Environment,
} from '../environment';

export const Config = z.object({
  ...COMMON,
  RECONCILE_TOPIC: topicName,
  /** Requests to registries in one delivery; then the next part goes on. */
  REQUEST_BUDGET: wholeNumber(1, 10_000),
  /** To each registry host. */
  REQUESTS_PER_SECOND: wholeNumber(1, 100),
  /** So that live releases are not held up. */
  JOBS_PER_SECOND: wholeNumber(1, 20),
  /** Then the next part goes on; well below the function's own time-out of 540 s. */
  RECONCILE_SECONDS: wholeNumber(1, 240),
  ARTIFACT_REGISTRY_EMULATOR_HOST: artifactRegistryHost,
  STORAGE_EMULATOR_HOST: storageHost,
});
export type Config = z.output<typeof Config>;

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): Config {
  return parseEnvironment(Config, environment);
}
