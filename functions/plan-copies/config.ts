import * as z from 'zod';
import { artifactRegistryHost, COMMON, parseEnvironment, type Environment } from '../environment';

export const Config = z.object({
  ...COMMON,
  ARTIFACT_REGISTRY_EMULATOR_HOST: artifactRegistryHost,
});
export type Config = z.output<typeof Config>;

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): Config {
  return parseEnvironment(Config, environment);
}
