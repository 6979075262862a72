import type { Check } from '../check';
import { checkApis, checkBilling, checkRoles } from './apis';
import { checkGcrTopics, checkStateBucket } from './bootstrapped';
import type { ProjectDeps } from './look';
import { checkPerimeters } from './perimeters';
import { checkPolicies } from './policies';
import { checkQuotas } from './quotas';
import { checkRegion } from './regions';

/** Everything of a project that may refuse the first apply. Changes nothing; failures are in the checks. */
export async function checkProject(deps: ProjectDeps): Promise<Check[]> {
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
  return checks.flat();
}
