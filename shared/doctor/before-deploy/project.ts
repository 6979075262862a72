import * as z from 'zod';
import type { Check } from '../check';
import { diagnose, wrong } from '../diagnosis';
import { checkApis, checkBilling, checkRoles } from './apis';
import { checkGcrTopics, checkStateBucket } from './bootstrapped';
import { disabledApi, grantRole, type Asked, type ProjectDeps } from './look';
import { checkPerimeters } from './perimeters';
import { checkPolicies } from './policies';
import { checkQuotas } from './quotas';
import { checkRegion } from './regions';

const Project = z.object({
  name: z.string(),
  state: z.string().default('STATE_UNSPECIFIED'),
});

/**
 * Everything of a project that may reject the first apply. Changes nothing; failures are in the checks. Where Google answers
 * nothing about the project, that is the only check, and it is `wrong`: the apply cannot succeed either.
 */
export async function checkProject(asked: Asked): Promise<Check[]> {
  const { checks: access, projectName } = await checkAccess(asked);
  if (access.some(({ state }) => state === 'wrong') && projectName === undefined) return access;
  const deps: ProjectDeps = { ...asked, projectName };
  const checks = await Promise.all(
    [
      checkApis,
      checkBilling,
      checkRoles,
      checkGcrTopics,
      checkStateBucket,
      checkRegion,
      checkQuotas,
      checkPolicies,
      checkPerimeters,
    ].map((check) => check(deps)),
  );
  return [...access, ...checks.flat()];
}

/** Whether the caller's credentials work and show an active project (cloudresourcemanager.projects.get). */
async function checkAccess({
  api,
  project,
}: Asked): Promise<{ readonly checks: Check[]; readonly projectName?: string }> {
  const question = { about: `project ${project}`, what: 'access' };
  try {
    const path = `v3/projects/${project}`;
    const { name, state } = await api.get('cloudresourcemanager.googleapis.com', path, Project);
    if (state !== 'DELETE_REQUESTED')
      return { checks: [{ ...question, state: 'ok', found: name }], projectName: name };
    const fix = `gcloud projects undelete ${project}`;
    const found = 'the project is being deleted';
    return { checks: [{ ...question, state: 'wrong', found, fix }], projectName: name };
  } catch (error) {
    // Every other API says the same of itself, and checkApis what to enable.
    if (disabledApi(error) !== undefined) return { checks: [] };
    const see = [
      'Check the project ID: "gcloud projects list" shows those that you may see. If it is correct, let the caller see it:',
      grantRole(`projects/${project}`, 'roles/viewer'),
      grantRole(`projects/${project}`, 'roles/serviceusage.serviceUsageConsumer'),
    ].join('\n');
    const diagnosis = diagnose(error, {
      denied: see,
      absent: see,
      credentials: 'Log in as the deployer:\ngcloud auth application-default login',
      unreachable: 'Check the network, DNS and proxy of this machine.',
      refused: 'The answer is not one of Google. Check for a proxy or a login page.',
    });
    return { checks: [wrong(question.about, question.what, diagnosis)] };
  }
}
