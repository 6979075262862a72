import { createCopyCaches } from '../../shared/copying/caches';
import { startWalk, type Walk, type WalkOptions } from '../../shared/kinds/image/content/walk';
import { startCopying } from '../../shared/kinds/image/copy-context';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import type { Repository } from '../../shared/oci/repository';
import { system } from '../../shared/system/system';
import type { Stage } from './copy-stage';

interface StagedWalk extends WalkOptions {
  readonly from?: Repository;
  readonly to?: Repository;
}

/** A walk between the registries of a stage, which remembers nothing of others. */
export function startStagedWalk(stage: Stage, { from, to, ...options }: StagedWalk = {}): Walk {
  return startWalk(
    startCopying({
      ...system,
      source: from ?? stage.open('source'),
      target: to ?? stage.open('target'),
      options: { attachments: true, immutable: false, repair: false, blobConcurrency: 1 },
      caches: createCopyCaches(system.clock),
      traffic: emptyTraffic(),
    }),
    options,
  );
}
