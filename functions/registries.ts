import { createGoogleTokens } from '../shared/google/tokens';
import { createChunkCollector } from '../shared/oci/http/chunk-collector';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import { readDockerConfig } from '../shared/oci/auth/credentials';
import type { System } from '../shared/system/system';

export interface RegistriesConfig {
  readonly PLAIN_HTTP_HOSTS: readonly string[];
  readonly MAX_MANIFEST_BYTES: number;
  /** A folder with `config.json`. */
  readonly DOCKER_CONFIG?: string;
}

/** The one registry client of a process: Google's tokens for Google's hosts, the Docker config file's for others. */
export function openRegistries(config: RegistriesConfig, system: System): RegistryClient {
  const { PLAIN_HTTP_HOSTS: plainHttpHosts, DOCKER_CONFIG: folder } = config;
  return createRegistryClient({
    ...system,
    plainHttpHosts,
    manifestLimits: { maxBytes: config.MAX_MANIFEST_BYTES },
    googleTokens: createGoogleTokens(system),
    onBlobBytes: createChunkCollector(),
    ...(folder !== undefined && { findCredentials: readDockerConfig(folder) }),
  });
}
