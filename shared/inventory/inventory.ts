import { onSide } from '../copy/sides';
import type { ArtifactRegistry } from '../google/artifact-registry';
import { artifactRegistryName } from '../google/artifact-registry-name';
import type { RegistryClient } from '../oci/client';
import type { Traffic } from '../oci/repository';
import { createComparison, type Comparison } from './comparison';
import { atPace, createPace } from './pace';
import type { ListingDeps } from './source';

export interface InventoryDeps {
  readonly registries: RegistryClient;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
  /** Hosts that the Artifact Registry of the local stack lists. */
  readonly emulatedHosts: readonly string[];
  /** To each registry host. */
  readonly requestsPerSecond: number;
  readonly attachments: boolean;
  /** Counts the requests to registries; those to Artifact Registry's API are not among them. */
  readonly traffic: Traffic;
}

/** What one run needs to list sources and to compare targets with them: one pace, one memory. */
export interface Inventory {
  readonly listing: ListingDeps;
  readonly comparison: Comparison;
}

export function openInventory(deps: InventoryDeps): Inventory {
  const { registries, traffic, artifactRegistry, emulatedHosts, attachments } = deps;
  const pace = createPace(deps);
  return {
    listing: {
      artifactRegistry,
      nameOf: (repository) => artifactRegistryName(repository, emulatedHosts),
      open: (name) =>
        atPace(onSide(registries.open(name, { access: 'pull', traffic }), 'source'), pace),
    },
    comparison: createComparison({
      openSource: (name) => registries.open(name, { access: 'pull', traffic }),
      openTarget: ({ impersonate }, name) =>
        registries.open(name, {
          access: 'pull',
          traffic,
          ...(impersonate !== undefined && { identity: impersonate }),
        }),
      pace,
      attachments,
    }),
  };
}
