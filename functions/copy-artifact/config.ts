import * as z from 'zod';
import {
  hosts,
  logLevel,
  parseEnvironment,
  rulesFile,
  topicName,
  wholeNumber,
} from '../environment';
import type { Environment } from '../environment';

export const Config = z.object({
  RULES_FILE: rulesFile,
  COPY_JOBS_TOPIC: topicName,
  COPY_RETRIES_TOPIC: topicName,
  DEAD_LETTER_TOPIC: topicName,
  /** Below the function's own time-out of 540 s, so that there is time to answer. */
  COPY_TIMEOUT_SECONDS: wholeNumber(1, 480),
  BLOB_CONCURRENCY: wholeNumber(1, 8),
  GRACE_SECONDS: wholeNumber(0, 600),
  LOG_LEVEL: logLevel,
  PLAIN_HTTP_HOSTS: hosts,
  DOCKER_CONFIG: z.string().optional(),
});

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): z.output<typeof Config> {
  return parseEnvironment(Config, environment);
}
