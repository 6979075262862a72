import { homedir } from 'node:os';
import { join } from 'node:path';
import { createGoogleTokens } from '../shared/google/tokens';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import { readDockerConfig } from '../shared/oci/credentials';
import type { Terminal } from './terminal';

/** A registry client with the caller's own credentials: Google's for Google's hosts, the Docker config file's for others. */
export function openRegistries(env: Terminal['env']): RegistryClient {
  return createRegistryClient({
    plainHttpHosts: (env['PLAIN_HTTP_HOSTS'] ?? 'localhost,127.0.0.1,[::1]').split(','),
    googleTokens: createGoogleTokens(),
    findCredentials: readDockerConfig(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')),
  });
}
