import { createTestRegistry, type TestRegistry } from '../../local/servers/registry/test-client';
import type { RegistryClient } from '../../shared/oci/client';
import { openRepository, type OpenedRepository, type OpeningOptions } from './open-repository';

export interface UsedRegistry {
  /** Opens a repository of the registry, or of another server. */
  readonly open: (
    options?: OpeningOptions,
    server?: { readonly address: string },
  ) => OpenedRepository;
  /** Closes a client after the test. */
  readonly closeLater: (client: RegistryClient) => void;
}

/**
 * Gives the tests of a file one registry, passed to `onStart`: before each it has no faults and remembers no requests, and
 * after each every client that was opened is closed.
 */
export function useTestRegistry(
  onStart: (registry: TestRegistry) => void | Promise<void>,
): UsedRegistry {
  let registry: TestRegistry;
  let clients: RegistryClient[] = [];
  beforeAll(async () => {
    registry = await createTestRegistry();
    await onStart(registry);
  });
  beforeEach(() => {
    registry.faults.clear();
    registry.requests.reset();
    clients = [];
  });
  afterEach(() => Promise.all(clients.map((client) => client.close())));
  afterAll(() => registry.close());
  return {
    open(options, server = registry) {
      const opened = openRepository(server, options);
      clients.push(opened.client);
      return opened;
    },
    closeLater: (client) => void clients.push(client),
  };
}
