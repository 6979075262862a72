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
  DEAD_LETTER_TOPIC: topicName,
  GRACE_SECONDS: wholeNumber(0, 600),
  LOG_LEVEL: logLevel,
  PLAIN_HTTP_HOSTS: hosts,
  DOCKER_CONFIG: z.string().optional(),
});

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): z.output<typeof Config> {
  return parseEnvironment(Config, environment);
}
