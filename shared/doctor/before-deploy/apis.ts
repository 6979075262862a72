import * as z from 'zod';
import type { Check } from '../check';
import { enableApi, grantRole, look, type ProjectDeps } from './look';
import { BOOTSTRAP_APIS, DEPLOYER_ROLES, TERRAFORM_APIS } from './needs';

const Services = z.object({
  services: z.array(z.object({ name: z.string(), state: z.string().default('') })).default([]),
});
const Granted = z.object({ permissions: z.array(z.string()).default([]) });
const Billing = z.object({ billingEnabled: z.boolean().default(false) });

/** Enabled APIs (serviceusage.services.batchGet), which of them Terraform does not enable, and billing. */
export function checkApis(deps: ProjectDeps): Promise<Check[]> {
  const { api, project } = deps;
  const question = { about: `project ${project}`, what: 'APIs' };
  return look({ ...question, role: 'roles/serviceusage.serviceUsageViewer' }, deps, async () => {
    const query = new URLSearchParams(
      [...BOOTSTRAP_APIS, ...TERRAFORM_APIS].map((name) => [
        'names',
        `projects/${project}/services/${name}`,
      ]),
    );
    const path = `v1/projects/${project}/services:batchGet?${query}`;
    const { services } = await api.get('serviceusage.googleapis.com', path, Services);
    const enabled = new Set(
      services
        .filter(({ state }) => state === 'ENABLED')
        .map(({ name }) => name.slice(name.lastIndexOf('/') + 1)),
    );
    const off = BOOTSTRAP_APIS.filter((name) => !enabled.has(name));
    if (off.length > 0) {
      const fix = `infra/bootstrap.sh enables them, or:\n${enableApi(project, ...off)}`;
      return [{ ...question, state: 'wrong', found: `off: ${off.join(', ')}`, fix }];
    }
    const later = TERRAFORM_APIS.filter((name) => !enabled.has(name));
    const found =
      later.length === 0 ? 'enabled' : `enabled; the first apply enables ${later.join(', ')}`;
    return [{ ...question, state: 'ok', found }];
  });
}

/** Whether the project has a billing account (cloudbilling.projects.getBillingInfo). */
export function checkBilling(deps: ProjectDeps): Promise<Check[]> {
  const { api, project } = deps;
  const question = { about: `project ${project}`, what: 'billing' };
  return look({ ...question, role: 'roles/viewer' }, deps, async () => {
    const path = `v1/projects/${project}/billingInfo`;
    const { billingEnabled } = await api.get('cloudbilling.googleapis.com', path, Billing);
    if (billingEnabled) return [{ ...question, state: 'ok', found: 'enabled' }];
    const fix = `gcloud billing projects link ${project} --billing-account=ACCOUNT`;
    return [{ ...question, state: 'wrong', found: 'the project has no billing account', fix }];
  });
}

/** What the caller may do on the project (cloudresourcemanager.projects.testIamPermissions): one check a role. */
export async function checkRoles(deps: ProjectDeps): Promise<Check[]> {
  const checks = await Promise.all(
    Object.entries(DEPLOYER_ROLES).map(([role, permissions]) => checkRole(role, permissions, deps)),
  );
  return checks.flat();
}

function checkRole(
  role: string,
  permissions: readonly string[],
  deps: ProjectDeps,
): Promise<Check[]> {
  const { api, project } = deps;
  const question = { about: `role ${role.slice('roles/'.length)}`, what: 'caller' };
  return look({ ...question, role: 'roles/browser' }, deps, async () => {
    const { permissions: held } = await api.post(
      'cloudresourcemanager.googleapis.com',
      `v3/projects/${project}:testIamPermissions`,
      { permissions },
      Granted,
    );
    const missing = permissions.filter((permission) => !held.includes(permission));
    if (missing.length === 0) return [{ ...question, state: 'ok', found: 'held' }];
    const found = `not permitted: ${missing.join(', ')}`;
    const fix = grantRole(`projects/${project}`, role);
    return [{ ...question, state: 'wrong', found, fix }];
  });
}
