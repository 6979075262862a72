import { onSide } from '../kinds/image/sides';
import type { ArtifactRegistry } from '../google/artifact-registry';
import { artifactRegistryName } from '../google/artifact-registry-name';
import type { Bucket } from '../kinds/object/bucket';
import { openBucket } from '../kinds/object/open-bucket';
import { onSide as bucketOnSide } from '../kinds/object/sides';
import type { RegistryClient } from '../oci/client';
import type { Traffic } from '../oci/http/traffic';
import type { Target } from '../rules/rules';
import { listTemplates, openTemplatePackage } from '../kinds/template/open';
import { listOnSide } from '../kinds/template/sides';
import { createComparison, type Comparison } from './comparison';
import { atPace, connectAtPace, createPace, type Pace, type PaceOptions } from './pace';
import type { ListingDeps } from './source';

export interface InventoryDeps {
  readonly registries: RegistryClient;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
  /** Hosts that the Artifact Registry of the local stack lists. */
  readonly emulatedHosts: readonly string[];
  /** `host:port` of the Cloud Storage of the local stack; default: Google's. */
  readonly storageHost?: string;
  /** To each registry host. */
  readonly requestsPerSecond: number;
  readonly attachments: boolean;
  /** Counts the requests to registries and buckets; those to Artifact Registry's API for images are not among them. */
  readonly traffic: Traffic;
  readonly clock: PaceOptions['clock'];
}

/** What one run needs to list sources and to compare targets with them: one pace, one memory. */
export interface Inventory {
  readonly listing: ListingDeps;
  readonly comparison: Comparison;
}

export function openInventory(deps: InventoryDeps): Inventory {
  const { registries, traffic, attachments, storageHost } = deps;
  const pace = createPace(deps);
  const pull = { access: 'pull', traffic } as const;
  const host = storageHost !== undefined && { host: storageHost };
  const paced = connectAtPace(registries, pace);
  const sourceBucket = (bucket: string): Bucket => openBucket(paced, bucket, { traffic, ...host });
  return {
    listing: listingDeps(deps, { pace, paced, sourceBucket }),
    comparison: createComparison({
      openSource: (name) => registries.open(name, pull),
      openTarget: (target, name) => registries.open(name, { ...pull, ...identityOf(target) }),
      openSourceTemplate: (name) => openTemplatePackage(paced, name, pull),
      openTargetTemplate: (target, name, check) =>
        openTemplatePackage(connectAtPace(registries, pace, check), name, {
          ...pull,
          ...identityOf(target),
        }),
      openSourceBucket: sourceBucket,
      openTargetBucket: (target, bucket, check) =>
        openBucket(connectAtPace(registries, pace, check), bucket, {
          traffic,
          ...host,
          ...identityOf(target),
        }),
      pace,
      attachments,
    }),
  };
}

function listingDeps(
  { registries, traffic, artifactRegistry, emulatedHosts }: InventoryDeps,
  {
    pace,
    paced,
    sourceBucket,
  }: {
    readonly pace: Pace;
    readonly paced: ReturnType<typeof connectAtPace>;
    readonly sourceBucket: (bucket: string) => Bucket;
  },
): ListingDeps {
  return {
    artifactRegistry,
    nameOf: (repository) => artifactRegistryName(repository, emulatedHosts),
    open: (name) =>
      atPace(onSide(registries.open(name, { access: 'pull', traffic }), 'source'), pace),
    listTemplates: (name) => listOnSide(name, listTemplates(paced, name, { traffic }), 'source'),
    openBucket: (bucket) => bucketOnSide(sourceBucket(bucket), 'source'),
  };
}

function identityOf({ impersonate }: Target): { readonly identity?: string } {
  return impersonate === undefined ? {} : { identity: impersonate };
}
