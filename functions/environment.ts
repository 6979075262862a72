import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { parseStorageHost } from '../shared/kinds/object/reference';
import { InvalidRulesError, parseRules } from '../shared/kinds/rules';
import type { Rules } from '../shared/rules/rules';
import { readFailure } from '../shared/text/read-failure';
import { readSigningKey, type SigningKeyName } from '../shared/statements/signing/signing-key';

/** What a function finds wrong with its environment, all of it at once; the function does not start. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const topicName = z
  .string({ error: 'is missing; it takes a full name, projects/PROJECT/topics/TOPIC' })
  .regex(
    /^projects\/[^/\s]+\/topics\/[^/\s]+$/,
    'takes a full name, projects/PROJECT/topics/TOPIC',
  );

const logLevel = z
  .enum(['debug', 'info', 'warn', 'error'], 'is debug, info, warn or error')
  .default('info');

/** A whole number from `minimum` up, with a default. */
export function wholeNumber(minimum: number, value: number) {
  const error = `is a whole number from ${minimum} up`;
  return z.coerce.number({ error }).int(error).min(minimum, error).default(value);
}

const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/;

/** Registries that speak plain HTTP: a comma-separated list; empty means none. */
const hosts = z
  .string()
  .default('localhost,127.0.0.1,[::1]')
  .transform((list) =>
    list
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ''),
  )
  .refine((list) => list.every((host) => HOST.test(host)), {
    error:
      'is a comma-separated list of hosts, each with or without a port: localhost,10.0.0.7:5000',
  });

/** The rules in the file that RULES_FILE names, relative to the folder that the framework serves. */
const rulesFile = z
  .string()
  .default('rules.yaml')
  .transform((file, context): Rules => {
    try {
      const readBeside = (path: string) => readFileSync(join(dirname(file), path), 'utf8');
      return parseRules(readFileSync(file, 'utf8'), file, readBeside);
    } catch (error) {
      for (const message of problemsOf(error, file)) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });

/** A folder with Docker's `config.json`; what is in it is read when it is needed, since a mounted secret may change. */
const dockerConfig = z
  .string()
  .refine(holdsConfig, 'names a folder without a config.json that is a JSON object')
  .optional();

function holdsConfig(folder: string): boolean {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    return typeof config === 'object' && config !== null && !Array.isArray(config);
  } catch {
    return false;
  }
}

/** STORAGE_EMULATOR_HOST, as Google's clients define it: Cloud Storage elsewhere than at Google, without credentials. */
export const storageHost = z
  .string()
  .transform((text, context): string => {
    const host = parseStorageHost(text);
    if (host !== undefined) return host;
    context.addIssue({ code: 'custom', message: 'is "host:port" or the URL of a host' });
    return z.NEVER;
  })
  .optional();

/** SIGNING_KEY: a version of a key in Cloud KMS, or the path of a private key. */
export const signingKey = z
  .string()
  .transform((text, context): SigningKeyName => {
    try {
      return readSigningKey(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `cannot be used: ${message}` });
      return z.NEVER;
    }
  })
  .optional();

/** The Artifact Registry of the local stack, which then answers for the hosts of PLAIN_HTTP_HOSTS. */
export const artifactRegistryHost = z.string().optional();

/** What every function is configured with. */
export const COMMON = {
  RULES_FILE: rulesFile,
  COPY_JOBS_TOPIC: topicName,
  DEAD_LETTER_TOPIC: topicName,
  GRACE_SECONDS: wholeNumber(0, 600),
  /** What registries accept themselves is the default. */
  MAX_MANIFEST_BYTES: wholeNumber(1024, 4 * 1024 * 1024),
  LOG_LEVEL: logLevel,
  PLAIN_HTTP_HOSTS: hosts,
  DOCKER_CONFIG: dockerConfig,
};

function problemsOf(error: unknown, file: string): string[] {
  if (error instanceof InvalidRulesError) {
    return error.problems.map(
      ({ line, column, message }) => `${file}:${line}:${column}: ${message}`,
    );
  }
  return [`${file} ${readFailure(error)}`];
}

/**
 * Reads a function's configuration from environment variables. A variable that is set to nothing counts as absent,
 * except PLAIN_HTTP_HOSTS, where nothing means "TLS everywhere".
 *
 * @throws {InvalidConfigError} with every problem found.
 */
export function parseEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, environment[name]] as const)
      .filter(([name, value]) => value !== '' || name === 'PLAIN_HTTP_HOSTS'),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidConfigError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`),
  );
}
