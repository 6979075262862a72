import * as z from 'zod';
import {
  artifactRegistryHost,
  COMMON,
  parseEnvironment,
  topicName,
  type Environment,
} from '../environment';

export const Config = z.object({
  ...COMMON,
  /** Where events wait that cannot be planned yet. */
  PLAN_RETRIES_TOPIC: topicName,
  ARTIFACT_REGISTRY_EMULATOR_HOST: artifactRegistryHost,
});
export type Config = z.output<typeof Config>;

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): Config {
  return parseEnvironment(Config, environment);
}
