import * as z from 'zod';
import type { Check } from '../check';
import { look, type ProjectDeps } from './look';
import { POLICIES } from './constraints';
import type { Constraint, Effective } from './constraint-checks';

const Policy = z.object({
  spec: z
    .object({
      rules: z
        .array(
          z.object({
            values: z
              .object({
                allowedValues: z.array(z.string()).default([]),
                deniedValues: z.array(z.string()).default([]),
              })
              .default({ allowedValues: [], deniedValues: [] }),
            allowAll: z.boolean().default(false),
            denyAll: z.boolean().default(false),
            enforce: z.boolean().default(false),
            condition: z.unknown().optional(),
          }),
        )
        .default([]),
    })
    .default({ rules: [] }),
});

/** Organization policies that may refuse an apply (orgpolicy.projects.policies.getEffectivePolicy). */
export async function checkPolicies(deps: ProjectDeps): Promise<Check[]> {
  const checks = await Promise.all(POLICIES.map((constraint) => checkPolicy(constraint, deps)));
  return checks.flat();
}

function checkPolicy({ name, check }: Constraint, deps: ProjectDeps): Promise<Check[]> {
  const { api, project } = deps;
  const question = { about: `policy ${name}`, what: 'organization policy' };
  return look({ ...question, role: 'roles/orgpolicy.policyViewer' }, deps, async () => {
    const path = `v2/projects/${project}/policies/${name}:getEffectivePolicy`;
    const { spec } = await api.get('orgpolicy.googleapis.com', path, Policy);
    return [{ ...question, ...check(effective(spec.rules), deps) }];
  });
}

/** Rules with a condition depend on tags of single resources: only rules without one are checked. */
function effective(rules: z.output<typeof Policy>['spec']['rules']): Effective {
  const always = rules.filter(({ condition }) => condition === undefined);
  const allowed = always.flatMap(({ values }) => values.allowedValues);
  return {
    denyAll: always.some(({ denyAll }) => denyAll),
    enforced: always.some(({ enforce }) => enforce),
    allowed: always.some(({ allowAll }) => allowAll) || allowed.length === 0 ? undefined : allowed,
    denied: always.flatMap(({ values }) => values.deniedValues),
  };
}
