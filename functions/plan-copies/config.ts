import * as z from 'zod';
import { COMMON, parseEnvironment, type Environment } from '../environment';

export const Config = z.object(COMMON);
export type Config = z.output<typeof Config>;

/** @throws {InvalidConfigError} */
export function parseConfig(environment: Environment): Config {
  return parseEnvironment(Config, environment);
}
