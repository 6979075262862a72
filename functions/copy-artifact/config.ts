import * as z from 'zod';
import {
  COMMON,
  parseEnvironment,
  signingKey,
  storageHost,
  topicName,
  wholeNumber,
  type Environment,
} from '../environment';

export const Config = z.object({
  ...COMMON,
  COPY_RETRIES_TOPIC: topicName,
  /** Unset if no release events are published. */
  RELEASE_EVENTS_TOPIC: topicName.optional(),
  /** Below the function's own time-out of 540 s, so that there is time to answer. */
  COPY_TIMEOUT_SECONDS: wholeNumber(1, 480),
  BLOB_CONCURRENCY: wholeNumber(1, 8),
  STORAGE_EMULATOR_HOST: storageHost,
  /** Receipts are signed with it. */
  SIGNING_KEY: signingKey,
  /** The Cloud KMS of the local stack: `host:port`. */
  KMS_EMULATOR_HOST: z.string().optional(),
});
export type Config = z.output<typeof Config>;

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): Config {
  return parseEnvironment(Config, environment);
}
