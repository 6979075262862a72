import type { Check } from '../check';
import type { ProjectDeps } from './look';
import { BOOTSTRAP_APIS, TERRAFORM_APIS } from './needs';

/** What an organization policy makes of a project, without rules that depend on tags. */
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
  readonly judge: (policy: Effective, asked: Asked) => Found;
}

/** https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints */
export const POLICIES: readonly Constraint[] = [
  mustAllow('run.allowedIngress', 'internal', 'Functions admit internal traffic alone.'),
  mustAllow(
    'cloudfunctions.allowedIngressSettings',
    'ALLOW_INTERNAL_ONLY',
    'Functions admit internal traffic alone.',
  ),
  egress('run.allowedVPCEgress', 'all-traffic'),
  egress('cloudfunctions.allowedVpcConnectorEgressSettings', 'ALL_TRAFFIC'),
  {
    name: 'cloudfunctions.requireVPCConnector',
    judge: ({ enforced }) =>
      enforced
        ? note('functions must use a network', 'Set vpc in terraform.tfvars.')
        : ok('not enforced'),
  },
  { name: 'gcp.resourceLocations', judge: judgeLocations },
  { name: 'gcp.restrictServiceUsage', judge: judgeServices },
  {
    name: 'gcp.restrictNonCmekServices',
    judge: ({ denied }) =>
      denied.length === 0
        ? ok('not restricted')
        : note(
            `a key of yours is required for ${denied.join(', ')}`,
            'Set kms in terraform.tfvars.',
          ),
  },
  {
    name: 'iam.allowedPolicyMemberDomains',
    judge: (policy, { project }) => {
      if (policy.denyAll)
        return refused(
          'no member may be granted anything',
          allowValue('iam.allowedPolicyMemberDomains', 'CUSTOMER_ID', project),
        );
      if (policy.allowed === undefined) return ok('not restricted');
      return note(
        `grants only to members of ${policy.allowed.join(', ')}`,
        'Grants to your own accounts work. Grants to accounts of customers (impersonate, with objects; notices) fail: allow their organizations, too. Customers with this policy must allow your organization.',
      );
    },
  },
  {
    name: 'iam.managed.allowedPolicyMembers',
    judge: ({ enforced }, { project }) =>
      enforced
        ? note(
            'members of grants are restricted',
            `Compare its parameters with the accounts that the rules name:\n${describePolicy('iam.managed.allowedPolicyMembers', project)}`,
          )
        : ok('not enforced'),
  },
  {
    name: 'iam.disableServiceAccountCreation',
    judge: ({ enforced }, { project }) =>
      enforced
        ? refused(
            'service accounts cannot be created',
            `Name accounts of your own in service_accounts (terraform.tfvars), or:\n${disableEnforce('iam.disableServiceAccountCreation', project)}`,
          )
        : ok('not enforced'),
  },
  harmless('iam.disableServiceAccountKeyCreation', 'no keys are created'),
  harmless(
    'iam.automaticIamGrantsForDefaultServiceAccounts',
    'builds have an account of their own',
  ),
  {
    name: 'cloudbuild.allowedWorkerPools',
    judge: ({ denyAll, allowed, denied }) =>
      !denyAll && allowed === undefined && denied.length === 0
        ? ok('not restricted')
        : note(
            `pools: ${allowed?.join(', ') ?? 'none, or not all'}`,
            'Set build_worker_pool in terraform.tfvars to an allowed pool.',
          ),
  },
];

function ok(found: string): Found {
  return { state: 'ok', found };
}

function note(found: string, fix: string): Found {
  return { state: 'note', found, fix };
}

function refused(found: string, fix: string): Found {
  return { state: 'wrong', found, fix };
}

function harmless(name: string, why: string): Constraint {
  return {
    name,
    judge: ({ enforced }) => ok(enforced ? `enforced, without effect: ${why}` : 'not enforced'),
  };
}

function mustAllow(name: string, value: string, why: string): Constraint {
  return {
    name,
    judge: (policy, { project }) =>
      allows(policy, value)
        ? ok(`allows ${value}`)
        : refused(`does not allow ${value}`, `${why}\n${allowValue(name, value, project)}`),
  };
}

function egress(name: string, value: string): Constraint {
  return {
    name,
    judge: (policy, { project }) => {
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

function allows({ denyAll, allowed, denied }: Effective, value: string): boolean {
  const named = (names: readonly string[]) =>
    names.some((name) => name.replace(/^is:/, '').toLowerCase() === value.toLowerCase());
  return !denyAll && !named(denied) && (allowed === undefined || named(allowed));
}

/** Values are locations, or groups of them: `in:us-central1-locations`, `in:us-locations`, `in:eu-locations`. */
function judgeLocations(
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
  if (allowed === undefined || values.some((value) => covers(value) === true)) {
    return ok(`allows ${region}`);
  }
  return values.some((value) => covers(value) === undefined)
    ? note(`allows ${values.join(', ')}`, `Check that these groups contain ${region}, or:\n${fix}`)
    : refused(`allows ${values.join(', ')}, not ${region}`, fix);
}

function judgeServices(policy: Effective, { project }: Asked): Found {
  const name = 'gcp.restrictServiceUsage';
  const missing = [...BOOTSTRAP_APIS, ...TERRAFORM_APIS].filter((api) => !allows(policy, api));
  if (missing.length === 0) return ok('allows all that is used');
  return refused(
    `does not allow ${missing.join(', ')}`,
    missing.map((api) => allowValue(name, api, project)).join('\n'),
  );
}

/** Allows one more value of a list; roles/orgpolicy.policyAdmin on the organization. */
function allowValue(name: string, value: string, project: string): string {
  return `gcloud resource-manager org-policies allow ${name} ${value} \\\n  --project=${project}`;
}

function disableEnforce(name: string, project: string): string {
  return `gcloud resource-manager org-policies disable-enforce ${name} \\\n  --project=${project}`;
}

function describePolicy(name: string, project: string): string {
  return `gcloud org-policies describe ${name} --project=${project} --effective`;
}
