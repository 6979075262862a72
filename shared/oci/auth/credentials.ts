import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { FindCredentials } from './auth';
import { DockerConfigError } from '../http/errors';
import { TOKEN_USER, type Credentials } from './docker-token';

/** The environment in which helpers run, `PATH` above all. Default: this process's own environment. */
type HelperEnvironment = Readonly<Record<string, string | undefined>>;

const AuthEntry = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const DockerConfig = z.looseObject({
  auths: z.record(z.string(), AuthEntry).optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
const HelperAnswer = z.looseObject({ Username: z.string(), Secret: z.string() });

/** How Docker names its own registry in the file. */
const DOCKER_HUB_KEYS = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];
const HELPER_TIMEOUT_MS = 30_000;
const MAX_HELPER_BYTES = 64 * 1024;

/**
 * Finds credentials in `config.json` of `folder`, as the Docker command line and containers/image do: the registry's own
 * helper, else the store for all, else the entry of the file whose key is the longest that the repository begins with. The
 * file is read each time, since a mounted secret may change; a missing one counts as empty.
 *
 * The function throws {@link DockerConfigError}.
 */
export function readDockerConfig(folder: string, env?: HelperEnvironment): FindCredentials {
  const path = join(folder, 'config.json');
  return async ({ registry, repository }) => {
    const config = await readConfig(path);
    const keys = keysOf(registry);
    const own = keys.map((key) => config.credHelpers?.[key]).find((one) => one !== undefined);
    const helper = own ?? config.credsStore;
    if (helper !== undefined && helper !== '') {
      const found = await askHelper(helper, keys[0] ?? registry, env);
      if (found !== undefined || own !== undefined) return found;
    }
    const hosts = new Set(keys.map((key) => placeOf(key).host));
    const [entry] = Object.entries(config.auths ?? {})
      .map(([key, value]) => ({ key, value, ...placeOf(key) }))
      .filter((one) => hosts.has(one.host) && isBelow(repository, one.path))
      .sort(
        (one, other) =>
          other.path.length - one.path.length || rankOf(one.key, keys) - rankOf(other.key, keys),
      );
    return entry && credentialsOf(entry.value, path, entry.key);
  };
}

async function readConfig(path: string): Promise<z.output<typeof DockerConfig>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new DockerConfigError(`${path} cannot be read`, { cause: error });
  }
  const parsed = DockerConfig.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  // Not the text, nor the parser's excerpt of it: there are passwords in it.
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new DockerConfigError(
    place === '' ? `${path} is not a JSON object` : `${path}: "${place}" has the wrong type`,
  );
}

function credentialsOf(
  entry: z.output<typeof AuthEntry>,
  path: string,
  key: string,
): Credentials | undefined {
  if (entry.identitytoken !== undefined && entry.identitytoken !== '') {
    return { identityToken: entry.identitytoken };
  }
  if (entry.auth === undefined || entry.auth === '') {
    const { username, password } = entry;
    return username !== undefined && password !== undefined ? { username, password } : undefined;
  }
  const decoded = Buffer.from(entry.auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0) {
    throw new DockerConfigError(`${path}: "auth" of ${key} is not base64 of "user:password"`);
  }
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

async function askHelper(
  name: string,
  server: string,
  env: HelperEnvironment | undefined,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name)) {
    throw new DockerConfigError(`${JSON.stringify(name)} is not the name of a credential helper`);
  }
  const { output, error } = await run(program, server, env);
  if (error !== null) {
    // The helpers' protocol has this text and no other sign for "none".
    if (/credentials not found/i.test(output)) return undefined;
    throw new DockerConfigError(`${program} failed for ${server}: ${error.message}`, {
      cause: error,
    });
  }
  const answer = HelperAnswer.safeParse(jsonOf(output));
  if (!answer.success) {
    throw new DockerConfigError(`${program} gave no credentials for ${server} that can be read`);
  }
  const { Username: username, Secret: secret } = answer.data;
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

async function run(
  program: string,
  input: string,
  env: HelperEnvironment | undefined,
): Promise<{ output: string; error: Error | null }> {
  // Slow to load, for what a cold start seldom needs.
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    const options = { timeout: HELPER_TIMEOUT_MS, maxBuffer: MAX_HELPER_BYTES, env };
    const child = execFile(program, ['get'], options, (error, output) => {
      resolve({ output, error });
    });
    // A helper that has ended already says why by itself.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Of several keys for a whole registry Docker takes the one that is its name, and no URL of its API. */
function rankOf(key: string, keys: readonly string[]): number {
  const at = keys.indexOf(key);
  return at < 0 ? keys.length : at;
}

function keysOf(registry: string): readonly string[] {
  return DOCKER_HUB_KEYS.includes(registry) ? DOCKER_HUB_KEYS : [registry];
}

/** Where the credentials of a key hold. */
interface KeyPlace {
  readonly host: string;
  /** The repositories that are this or below it. Empty: all. */
  readonly path: string;
}

/** Keys are hosts, perhaps with a path, or, in old files, URLs of the API, which mean the whole host. */
function placeOf(key: string): KeyPlace {
  const [, scheme = '', host = '', path = ''] =
    /^(https?:\/\/)?([^/]*)\/?(.*?)\/*$/.exec(key) ?? [];
  const isApi = scheme !== '' || /^v[12]$/.test(path);
  return { host: host.toLowerCase(), path: isApi ? '' : path };
}

function isBelow(repository: string, path: string): boolean {
  return path === '' || `${repository}/`.startsWith(`${path}/`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
