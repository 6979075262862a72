import type { Kind } from '../kinds';
import { agentOf, mustUseKey } from '../policies';
import { projectIn } from '../world';

export const registry: Readonly<Record<string, Kind>> = {
  'artifactregistry.projects.locations.repositories': {
    check: ({ kmsKeyName }, world, name) =>
      mustUseKey(world, kmsKeyName, agentOf(projectIn(name)!, 'gcp-sa-artifactregistry')),
    fill: ({ mode }, name) => {
      const [, location, id] = /locations\/([^/]+)\/repositories\/([^/]+)$/.exec(name)!;
      return {
        mode: mode ?? 'STANDARD_REPOSITORY',
        registryUri: `${location!}-docker.pkg.dev/${projectIn(name)!}/${id!}`,
        createTime: '2026-01-01T00:00:00Z',
        updateTime: '2026-01-01T00:00:00Z',
      };
    },
  },
};
