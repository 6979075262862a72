import * as z from 'zod';
import type { Check } from '../check';
import { look, type ProjectDeps } from './look';

const Locations = z.object({
  locations: z.array(z.object({ locationId: z.string().default('') })).default([]),
  nextPageToken: z.string().default(''),
});

/** Where projects may build that Cloud Build restricts (https://cloud.google.com/build/docs/locations). */
const BUILD_REGIONS = [
  'us-central1',
  'us-west2',
  'europe-west1',
  'asia-east1',
  'australia-southeast1',
  'southamerica-east1',
];

/** Whether functions run in the region (cloudfunctions.projects.locations.list), and whether they can be built there. */
export async function checkRegion(deps: ProjectDeps): Promise<Check[]> {
  const { api, project, region } = deps;
  const question = { about: `region ${region}`, what: 'functions' };
  const functions = await look({ ...question, role: 'roles/viewer' }, deps, async () => {
    const offered = await listLocations(api, `v2/projects/${project}/locations`);
    if (offered.includes(region)) return [{ ...question, state: 'ok', found: 'available' }];
    const fix = `Set region in terraform.tfvars to one of these:\ngcloud functions regions list --project=${project}`;
    return [{ ...question, state: 'wrong', found: 'Cloud Functions does not run there', fix }];
  });
  return [...functions, buildCheck(region)];
}

/** No API says which projects are restricted: the first build fails with "due to quota restrictions". */
function buildCheck(region: string): Check {
  const check = { about: `region ${region}`, what: 'builds' };
  if (BUILD_REGIONS.includes(region)) {
    return { ...check, state: 'ok', found: 'every project may build there' };
  }
  return {
    ...check,
    state: 'note',
    found: 'Cloud Build restricts some projects to other regions; no API shows which',
    fix: `If the first apply fails with "due to quota restrictions, cannot run builds in this region", set region to one of ${BUILD_REGIONS.join(', ')}, or set build_worker_pool.`,
  };
}

async function listLocations(api: ProjectDeps['api'], path: string): Promise<string[]> {
  const found: string[] = [];
  for (let token: string | undefined = ''; token !== undefined;) {
    const query = new URLSearchParams({ pageSize: '100', ...(token && { pageToken: token }) });
    const page: z.output<typeof Locations> = await api.get(
      'cloudfunctions.googleapis.com',
      `${path}?${query}`,
      Locations,
    );
    found.push(...page.locations.map(({ locationId }) => locationId));
    token = page.nextPageToken || undefined;
  }
  return found;
}
