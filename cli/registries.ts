import { homedir } from 'node:os';
import { join } from 'node:path';
import { createArtifactRegistry } from '../shared/google/artifact-registry';
import { createGoogleTokens } from '../shared/google/tokens';
import { createChunkCollector } from '../shared/oci/http/chunk-collector';
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientDeps,
} from '../shared/oci/client';
import { readDockerConfig } from '../shared/oci/auth/credentials';
import { parseStorageHost } from '../shared/kinds/object/reference';
import type { Digest } from '../shared/oci/digest';
import type { Reference } from '../shared/oci/reference';
import { system } from '../shared/system/system';
import { wholeNumber } from './arguments';
import { UsageError, type Terminal } from './terminal';
import { failureFrom } from './failure-from';
import { showCalls, showRequests } from './verbose';

/** Hosts that speak plain HTTP: PLAIN_HTTP_HOSTS, else this machine's own. */
function plainHttpHosts(env: Terminal['env']): readonly string[] {
  return (env['PLAIN_HTTP_HOSTS'] ?? 'localhost,127.0.0.1,[::1]').split(',');
}

/** Where buckets are, if not at Google: STORAGE_EMULATOR_HOST. @throws {UsageError} when that names no host. */
export function storageHost(env: Terminal['env']): string | undefined {
  const { STORAGE_EMULATOR_HOST: text = '' } = env;
  if (text === '') return undefined;
  const host = parseStorageHost(text);
  if (host !== undefined) return host;
  throw new UsageError(`STORAGE_EMULATOR_HOST is "host:port" or the URL of a host, not "${text}".`);
}

/**
 * The largest manifest to read: MAX_MANIFEST_BYTES, as for the functions. @throws {UsageError} if it is not a number.
 */
function manifestLimits(env: Terminal['env']): Pick<RegistryClientDeps, 'manifestLimits'> {
  const { MAX_MANIFEST_BYTES: text = '' } = env;
  return text === ''
    ? {}
    : { manifestLimits: { maxBytes: wholeNumber(text, 'MAX_MANIFEST_BYTES') } };
}

/** A registry client with the caller's own credentials: Google's for Google's hosts, Docker's for others. */
export function openRegistries(terminal: Pick<Terminal, 'env' | 'stderr'>): RegistryClient {
  const { env } = terminal;
  return createRegistryClient({
    ...system,
    plainHttpHosts: plainHttpHosts(env),
    ...manifestLimits(env),
    googleTokens: createGoogleTokens(system),
    onBlobBytes: createChunkCollector(),
    findCredentials: readDockerConfig(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')),
    ...showRequests(terminal),
  });
}

/** Where sources are read, and Artifact Registry asked about them; both are to be closed. */
export function openSources(terminal: Pick<Terminal, 'env' | 'stderr'>) {
  const { env } = terminal;
  const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator } = env;
  return {
    registries: openRegistries(terminal),
    artifactRegistry: createArtifactRegistry({
      emulator,
      clientOptions: showCalls(terminal),
    }),
    emulatedHosts: emulator === undefined ? [] : plainHttpHosts(env),
  };
}

/** Opens registries for `use`, and closes them after it. */
export async function withRegistries<T>(
  terminal: Pick<Terminal, 'env' | 'stderr'>,
  use: (registries: RegistryClient) => Promise<T>,
): Promise<T> {
  const registries = openRegistries(terminal);
  try {
    return await use(registries);
  } finally {
    await registries.close();
  }
}

/** What a tag or digest of an image is at its registry now. @throws {CommandFailure} where it cannot be asked. */
export async function digestNow(
  registries: RegistryClient,
  image: Reference,
): Promise<Digest | undefined> {
  const { digest, tag = '' } = image;
  const repository = registries.open(image, { access: 'pull' });
  const found = await repository.headManifest(digest ?? tag).catch((error: unknown) => {
    throw failureFrom(error);
  });
  return found?.digest;
}
