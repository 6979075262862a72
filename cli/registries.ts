import { homedir } from 'node:os';
import { join } from 'node:path';
import { createGoogleTokens } from '../shared/google/tokens';
import { createChunkCollector } from '../shared/oci/chunk-collector';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import { readDockerConfig } from '../shared/oci/credentials';
import type { Terminal } from './terminal';

/** Hosts that speak plain HTTP: PLAIN_HTTP_HOSTS, else this machine's own. */
export function plainHttpHosts(env: Terminal['env']): readonly string[] {
  return (env['PLAIN_HTTP_HOSTS'] ?? 'localhost,127.0.0.1,[::1]').split(',');
}

/** A registry client with the caller's own credentials: Google's for Google's hosts, Docker's for others. */
export function openRegistries(env: Terminal['env']): RegistryClient {
  return createRegistryClient({
    plainHttpHosts: plainHttpHosts(env),
    googleTokens: createGoogleTokens(),
    onBlobBytes: createChunkCollector(),
    findCredentials: readDockerConfig(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')),
  });
}
