import * as z from 'zod';
import { COMMON, parseEnvironment, type Environment } from '../environment';

export const Config = z.object(COMMON);

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): z.output<typeof Config> {
  return parseEnvironment(Config, environment);
}
