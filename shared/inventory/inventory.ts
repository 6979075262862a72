import type { ArtifactRegistry } from '../google/artifact-registry';
import { artifactRegistryName } from '../google/artifact-registry-name';
import type { RegistryClient } from '../oci/client';
import type { Traffic } from '../oci/http/traffic';
import type { Rules } from '../rules/rules';
import { createLateProver } from '../statements/late-prover';
import type { Clock } from '../system/clock';
import { createComparison, type Comparison, type Inspections } from './comparison';
import type { Access, InventoryKinds } from './inspection';
import { createCircuitBreaker } from './circuit-breaker';
import { createPace, type PaceOptions } from './pace';
import type { ListingOf } from './source';

export interface InventoryDeps {
  readonly kinds: InventoryKinds;
  readonly registries: RegistryClient;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
  /** Hosts that the Artifact Registry of the local stack lists. */
  readonly emulatedHosts: readonly string[];
  /** `host:port` of the Cloud Storage of the local stack; default: Google's. */
  readonly storageHost?: string;
  /** To each registry host. */
  readonly requestsPerSecond: number;
  readonly attachments: boolean;
  /** Artifact Registry as a target's account; absent: when releases were delivered is not asked. */
  readonly registryFor?: NonNullable<Access['registryFor']>;
  /** Counts the requests to registries and buckets; those to Artifact Registry's API for images are not among them. */
  readonly traffic: Traffic;
  readonly clock: PaceOptions['clock'] & Pick<Clock, 'now'>;
}

/** What one run needs to list sources and to compare targets with them: one pace, one memory. */
export interface Inventory {
  readonly listingOf: ListingOf;
  /** Of what these rules want. */
  readonly comparisonBy: (rules: Rules) => Comparison;
}

export function openInventory(deps: InventoryDeps): Inventory {
  const { kinds, emulatedHosts } = deps;
  const circuitBreaker = createCircuitBreaker();
  const prove = createLateProver();
  const access: Access = {
    ...deps,
    nameOf: (repository) => artifactRegistryName(repository, emulatedHosts),
    pace: createPace(deps),
    prove: (source, subject, rules) =>
      prove({ source, subject, rules, now: new Date(deps.clock.now()) }),
    readHalts: async (source, subject, by) => {
      const { readHalts } = await import('../statements/halt.js');
      return readHalts({ source, subject, by, now: new Date(deps.clock.now()) });
    },
    checkOf: (target) => () => circuitBreaker.check(target.name),
  };
  return {
    listingOf: (rule) => kinds[rule.kind].list(rule, access),
    comparisonBy(rules) {
      const opened = Object.entries(kinds).map(([name, kind]) => [
        name,
        kind.openInspection(access, rules),
      ]);
      return createComparison(
        Object.fromEntries(opened) as Inspections,
        circuitBreaker,
        deps.clock.now,
      );
    },
  };
}
