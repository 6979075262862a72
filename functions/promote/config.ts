import * as z from 'zod';
import {
  artifactRegistryHost,
  COMMON,
  parseEnvironment,
  signingKey,
  wholeNumber,
  type Environment,
} from '../environment';

export const Config = z.object({
  ...COMMON,
  /** Stages are signed with it, and nothing else. */
  STAGE_SIGNING_KEY: signingKey,
  /** To each registry host. */
  REQUESTS_PER_SECOND: wholeNumber(1, 100),
  /** Then the next run continues; well below the function's own timeout of 540 s. */
  PROMOTE_SECONDS: wholeNumber(1, 240),
  ARTIFACT_REGISTRY_EMULATOR_HOST: artifactRegistryHost,
  /** The Cloud KMS of tests: `host:port`. */
  KMS_EMULATOR_HOST: z.string().optional(),
});
export type Config = z.output<typeof Config>;

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): Config {
  return parseEnvironment(Config, environment);
}
