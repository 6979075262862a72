import * as z from 'zod';
import type { Check } from '../check';
import { look, type ProjectDeps } from './look';

const HOST = 'accesscontextmanager.googleapis.com';
const Ancestry = z.object({
  ancestor: z
    .array(z.object({ resourceId: z.object({ type: z.string(), id: z.string() }) }))
    .default([]),
});
const Policies = z.object({
  accessPolicies: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().default(''),
});
const Config = z.object({ resources: z.array(z.string()).default([]) }).optional();
const Perimeter = z.object({
  name: z.string(),
  perimeterType: z.string().default('PERIMETER_TYPE_REGULAR'),
  status: Config,
  spec: Config,
  useExplicitDryRunSpec: z.boolean().default(false),
});
const Perimeters = z.object({
  servicePerimeters: z.array(Perimeter).default([]),
  nextPageToken: z.string().default(''),
});
type Perimeter = z.output<typeof Perimeter>;

/** The perimeter that the project is in, and whether its dry run can have rules of its own. */
export async function checkPerimeters(deps: ProjectDeps): Promise<Check[]> {
  const { api, project, projectName: member = '' } = deps;
  const question = { about: `project ${project}`, what: 'perimeter' };
  return look({ ...question, role: 'roles/browser' }, deps, async () => {
    const host = 'cloudresourcemanager.googleapis.com';
    const { ancestor } = await api.post(host, `v1/projects/${project}:getAncestry`, {}, Ancestry);
    const top = ancestor.find(({ resourceId }) => resourceId.type === 'organization');
    if (top === undefined) {
      const found = 'in none: the project has no organization';
      return [{ ...question, state: 'ok', found }];
    }
    const organization = `organizations/${top.resourceId.id}`;
    const role = 'roles/accesscontextmanager.policyReader';
    return look({ ...question, role, on: organization }, deps, async () => {
      const all = await listPerimeters(organization, deps);
      const around = all.filter(
        (one) =>
          one.perimeterType !== 'PERIMETER_TYPE_BRIDGE' &&
          [one.status, one.spec].some((config) => config?.resources.includes(member)),
      );
      if (around.length === 0) return [{ ...question, state: 'ok', found: 'in none' }];
      return around.flatMap((one) => checkPerimeter(one, member));
    });
  });
}

function checkPerimeter(perimeter: Perimeter, member: string): Check[] {
  const { name, status, spec, useExplicitDryRunSpec } = perimeter;
  const [, policy = '', , short = ''] = name.split('/');
  const about = `perimeter ${short}`;
  const isEnforced = status?.resources.includes(member) ?? false;
  const membership: Check = {
    about,
    what: 'member',
    state: 'note',
    found: isEnforced ? 'the project is in it' : 'the project is in its dry run alone',
    fix: `Set perimeter (name = "${name}") and vpc in terraform.tfvars.`,
  };
  const inDryRun = useExplicitDryRunSpec && (spec?.resources.includes(member) ?? false);
  if (inDryRun) {
    const found = 'explicit, with the project: perimeter.mode may be "both" or "dry-run"';
    return [membership, { about, what: 'dry run', state: 'ok', found }];
  }
  const [found, verb] = useExplicitDryRunSpec
    ? ['explicit, without the project', 'update']
    : ['not explicit', 'create'];
  const flag = verb === 'update' ? '--add-resources' : '--resources';
  return [
    membership,
    {
      about,
      what: 'dry run',
      state: 'note',
      found: `${found}: perimeter.mode "both" and "dry-run" are refused`,
      fix: `Set perimeter.mode = "enforced". Where Terraform manages the perimeter, set use_explicit_dry_run_spec = true and list the project in spec. Otherwise:\ngcloud access-context-manager perimeters dry-run ${verb} ${short} \\\n  --policy=${policy} ${flag}=${member}`,
    },
  ];
}

async function listPerimeters(organization: string, { api }: ProjectDeps): Promise<Perimeter[]> {
  const policies = await allPages((page) => {
    const query = new URLSearchParams({ parent: organization, ...page });
    return api.get(HOST, `v1/accessPolicies?${query}`, Policies);
  });
  const pages = await Promise.all(
    policies
      .flatMap(({ accessPolicies }) => accessPolicies)
      .map(({ name }) =>
        allPages((page) => {
          const query = new URLSearchParams(page);
          return api.get(HOST, `v1/${name}/servicePerimeters?${query}`, Perimeters);
        }),
      ),
  );
  return pages.flat().flatMap(({ servicePerimeters }) => servicePerimeters);
}

async function allPages<T extends { readonly nextPageToken: string }>(
  read: (query: Record<string, string>) => Promise<T>,
): Promise<T[]> {
  const pages: T[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const page: T = await read(next === '' ? {} : { pageToken: next });
    pages.push(page);
    next = page.nextPageToken === '' ? undefined : page.nextPageToken;
  }
  return pages;
}
