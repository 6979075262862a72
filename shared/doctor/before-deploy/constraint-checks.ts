import type { Check } from '../check';
import type { ProjectDeps } from './look';
import { BOOTSTRAP_APIS, TERRAFORM_APIS } from './needs';

/** The effective organization policy of a project, without rules that depend on tags. */
export interface Effective {
  readonly denyAll: boolean;
  /** Of a boolean constraint. */
  readonly enforced: boolean;
  /** Unset: every value. */
  readonly allowed: readonly string[] | undefined;
  readonly denied: readonly string[];
}

type Found = Pick<Check, 'state' | 'found' | 'fix'>;
type Asked = Pick<ProjectDeps, 'project' | 'region'>;

export interface Constraint {
  /** Without `constraints/`: `run.allowedIngress`. */
  readonly name: string;
  readonly check: (policy: Effective, asked: Asked) => Found;
}

export function ok(found: string): Found {
  return { state: 'ok', found };
}

export function note(found: string, fix: string): Found {
  return { state: 'note', found, fix };
}

export function refused(found: string, fix: string): Found {
  return { state: 'wrong', found, fix };
}

export function harmless(name: string, why: string): Constraint {
  return {
    name,
    check: ({ enforced }) => ok(enforced ? `enforced, without effect: ${why}` : 'not enforced'),
  };
}

export function mustAllow(name: string, value: string, why: string): Constraint {
  return {
    name,
    check: (policy, { project }) =>
      allows(policy, value)
        ? ok(`allows ${value}`)
        : refused(`does not allow ${value}`, `${why}\n${allowValue(name, value, project)}`),
  };
}

export function egress(name: string, value: string): Constraint {
  return {
    name,
    check: (policy, { project }) => {
      if (policy.allowed === undefined && !policy.denyAll && policy.denied.length === 0) {
        return ok('not restricted');
      }
      return allows(policy, value)
        ? note(
            `allows ${value}`,
            'Set vpc in terraform.tfvars: functions without a network are refused.',
          )
        : refused(`does not allow ${value}`, allowValue(name, value, project));
    },
  };
}

export function allows({ denyAll, allowed, denied }: Effective, value: string): boolean {
  const named = (names: readonly string[]) =>
    names.some((name) => name.replace(/^is:/, '').toLowerCase() === value.toLowerCase());
  return !denyAll && !named(denied) && (allowed === undefined || named(allowed));
}

/** Values are locations, or groups of them: `in:us-central1-locations`, `in:us-locations`, `in:eu-locations`. */
export function checkLocations(
  { denyAll, allowed, denied }: Effective,
  { project, region }: Asked,
): Found {
  const name = 'gcp.resourceLocations';
  const covers = (value: string): boolean | undefined => {
    const group = /^in:(.+)-locations$/.exec(value)?.[1];
    if (group === undefined) return value.replace(/^is:/, '').toLowerCase() === region;
    const continent = { eu: 'europe', europe: 'europe', us: 'us', asia: 'asia' }[group];
    if (group === region || region.startsWith(`${group}-`)) return true;
    if (continent !== undefined && group !== 'eu') return region.startsWith(`${continent}-`);
    // Which regions a group has is Google's list; what looks unrelated may still hold the region.
    return undefined;
  };
  const values = allowed ?? [];
  const fix = allowValue(name, `in:${region}-locations`, project);
  if (denyAll || denied.some((value) => covers(value) === true)) {
    return refused(`does not allow ${region}`, fix);
  }
  const unclear = denied.filter((value) => covers(value) === undefined);
  if (unclear.length > 0) {
    return note(
      `denies ${unclear.join(', ')}`,
      `Check that these groups do not contain ${region}, or:\n${fix}`,
    );
  }
  if (allowed === undefined || values.some((value) => covers(value) === true)) {
    return ok(`allows ${region}`);
  }
  return values.some((value) => covers(value) === undefined)
    ? note(`allows ${values.join(', ')}`, `Check that these groups contain ${region}, or:\n${fix}`)
    : refused(`allows ${values.join(', ')}, not ${region}`, fix);
}

export function checkServices(policy: Effective, { project }: Asked): Found {
  const name = 'gcp.restrictServiceUsage';
  const missing = [...BOOTSTRAP_APIS, ...TERRAFORM_APIS].filter((api) => !allows(policy, api));
  if (missing.length === 0) return ok('allows all that is used');
  return refused(
    `does not allow ${missing.join(', ')}`,
    missing.map((api) => allowValue(name, api, project)).join('\n'),
  );
}

/** Allows one more value of a list; roles/orgpolicy.policyAdmin on the organization. */
export function allowValue(name: string, value: string, project: string): string {
  return `gcloud resource-manager org-policies allow ${name} ${value} \\\n  --project=${project}`;
}

export function disableEnforce(name: string, project: string): string {
  return `gcloud resource-manager org-policies disable-enforce ${name} \\\n  --project=${project}`;
}

export function describePolicy(name: string, project: string): string {
  return `gcloud org-policies describe ${name} --project=${project} --effective`;
}
