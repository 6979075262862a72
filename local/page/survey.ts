import { createArtifactRegistry } from '../../shared/google/artifact-registry';
import type { Finding } from '../../shared/inventory/finding';
import { openInventory } from '../../shared/inventory/inventory';
import { listSources } from '../../shared/inventory/source';
import { selectWanted } from '../../shared/inventory/wanted';
import { loadInventoryKinds } from '../../shared/kinds/kinds';
import { createRegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import type { Rules } from '../../shared/rules/rules';
import { system } from '../../shared/system/system';
import type { Stack } from '../stack/stack';

/** Looks at the registries and buckets of a stack, as `relay status` does. */
export interface Surveyor {
  /** Each look is a new one. */
  survey(): Promise<{ rules: Rules; findings: Finding[] }>;
  close(): Promise<void>;
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

export function createSurveyor({
  rules,
  artifactRegistryAddress,
  storage,
}: Pick<Stack, 'rules' | 'artifactRegistryAddress' | 'storage'>): Surveyor {
  const registries = createRegistryClient({ ...system, plainHttpHosts: LOCAL_HOSTS });
  const artifactRegistry = createArtifactRegistry({ emulator: artifactRegistryAddress });
  return {
    async survey() {
      const { listingOf, comparisonBy } = openInventory({
        kinds: await loadInventoryKinds(),
        clock: system.clock,
        registries,
        artifactRegistry,
        emulatedHosts: LOCAL_HOSTS,
        storageHost: new URL(storage.origin).host,
        requestsPerSecond: 1000,
        attachments: true,
        registryFor: () => artifactRegistry,
        traffic: emptyTraffic(),
      });
      const releases = await listSources(rules.rules, listingOf, { onFailure: () => undefined });
      const wanted = selectWanted(rules, releases);
      return { rules, findings: await comparisonBy(rules).compare(wanted, releases) };
    },
    async close() {
      await registries.close();
      await artifactRegistry.close();
    },
  };
}
