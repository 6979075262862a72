import * as z from 'zod';
import type { Check } from '../check';
import { look, type ProjectDeps } from './look';
import type { FunctionSize } from './needs';

/** Cloud Run's quotas for a region (https://cloud.google.com/run/quotas), in the units of the Cloud Quotas API. */
const QUOTAS: readonly {
  readonly id: string;
  readonly what: string;
  readonly of: (size: FunctionSize) => number;
  /** One unit for people, in units of the quota. */
  readonly unit: { readonly name: string; readonly size: number };
}[] = [
  {
    id: 'CpuAllocPerProjectRegion',
    what: 'CPUs',
    of: ({ instances, cpu }) => instances * cpu * 1000,
    unit: { name: 'vCPU', size: 1000 },
  },
  {
    id: 'MemAllocPerProjectRegion',
    what: 'memory',
    of: ({ instances, memory }) => instances * memory * 1024 * 1024,
    unit: { name: 'GiB', size: 1024 ** 3 },
  },
];

/** An int64 is text in JSON; -1 is unlimited. */
const Info = z.object({
  dimensionsInfos: z
    .array(
      z.object({
        dimensions: z.record(z.string(), z.string()).default({}),
        details: z.object({ value: z.coerce.number().optional() }).default({}),
        applicableLocations: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

/** Cloud Run's quotas of the region compared with the configured instances (cloudquotas quotaInfos.get). */
export async function checkQuotas(deps: ProjectDeps): Promise<Check[]> {
  return (await Promise.all(QUOTAS.map((quota) => checkQuota(quota, deps)))).flat();
}

function checkQuota(
  { id, what, of, unit }: (typeof QUOTAS)[number],
  deps: ProjectDeps,
): Promise<Check[]> {
  const { api, project, region, sizes } = deps;
  const question = { about: `quota ${id}`, what };
  return look({ ...question, role: 'roles/cloudquotas.viewer' }, deps, async () => {
    const path = `v1/projects/${project}/locations/global/services/run.googleapis.com/quotaInfos/${id}`;
    const info = await api.get('cloudquotas.googleapis.com', path, Info);
    const limit = limitIn(info, region);
    if (limit === undefined) {
      const found = `unknown: Google names no limit in ${region}`;
      return [{ ...question, state: 'skipped', found }];
    }
    const needed = Object.entries(sizes).map(([name, size]) => ({ name, value: of(size) }));
    const shown = (value: number) => `${Math.round((value / unit.size) * 10) / 10} ${unit.name}`;
    const sum = needed.reduce((total, { value }) => total + value, 0);
    if (limit < 0 || sum <= limit) {
      const most = limit < 0 ? 'unlimited' : `${shown(limit)} in ${region}`;
      return [{ ...question, state: 'ok', found: `${most}; all instances take ${shown(sum)}` }];
    }
    const tooLarge = needed.filter(({ value }) => value > limit);
    const raise = raiseQuota(id, sum, { project, region });
    if (tooLarge.length === 0) {
      const found = `${shown(limit)} in ${region}; all instances together take ${shown(sum)}`;
      const fix = `The deployment succeeds; under full load requests are refused and retried. Lower max_instances, or:\n${raise}`;
      return [{ ...question, state: 'note', found, fix }];
    }
    const names = tooLarge.map(({ name, value }) => `${name} takes ${shown(value)}`);
    return [
      {
        ...question,
        state: 'wrong',
        found: `${shown(limit)} in ${region}; ${names.join(', ')}`,
        fix: `Lower max_instances of it in terraform.tfvars, or ask for more:\n${raise}`,
      },
    ];
  });
}

/** The value for the region itself comes before one for several regions. */
function limitIn({ dimensionsInfos }: z.output<typeof Info>, region: string): number | undefined {
  const own = dimensionsInfos.find(({ dimensions }) => dimensions['region'] === region);
  const shared = dimensionsInfos.find(
    ({ dimensions, applicableLocations }) =>
      dimensions['region'] === undefined && applicableLocations.includes(region),
  );
  return (own ?? shared)?.details.value;
}

function raiseQuota(
  id: string,
  value: number,
  { project, region }: Pick<ProjectDeps, 'project' | 'region'>,
): string {
  return [
    `gcloud quotas preferences create --project=${project}`,
    `--service=run.googleapis.com --quota-id=${id}`,
    `--preferred-value=${value} --dimensions=region=${region} --email=YOU`,
  ].join(' \\\n  ');
}
