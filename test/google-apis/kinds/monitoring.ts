import { createHash } from 'node:crypto';
import type { Kind } from '../kinds';

/** Google makes these names up; here they follow from what there is, so that two runs give the same. */
const madeUp: Kind = {
  newId: (resource) =>
    createHash('sha256').update(JSON.stringify(resource)).digest().readBigUInt64BE().toString(),
  fill: (_resource, name) => ({ name: name.replace('//monitoring.googleapis.com/', '') }),
};

export const monitoring: Readonly<Record<string, Kind>> = {
  'monitoring.projects.dashboards': madeUp,
  'monitoring.projects.alertPolicies': {
    ...madeUp,
    fill: (policy, name, call) => ({
      ...madeUp.fill?.(policy, name, call),
      enabled: policy['enabled'] ?? true,
      conditions: (policy['conditions'] as { name?: string }[]).map((condition, index) => ({
        name: `${name.replace('//monitoring.googleapis.com/', '')}/conditions/${index + 1}`,
        ...condition,
      })),
    }),
  },
};
