import {
  allowValue,
  allows,
  describePolicy,
  disableEnforce,
  egress,
  harmless,
  checkLocations,
  checkServices,
  mustAllow,
  note,
  ok,
  refused,
  type Constraint,
} from './constraint-checks';

const GITHUB = 'https://token.actions.githubusercontent.com';

/** https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints */
export const POLICIES: readonly Constraint[] = [
  mustAllow('run.allowedIngress', 'internal', 'Functions admit internal traffic alone.'),
  mustAllow(
    'cloudfunctions.allowedIngressSettings',
    'ALLOW_INTERNAL_ONLY',
    'Functions admit internal traffic alone.',
  ),
  mustAllow(
    'cloudfunctions.restrictAllowedGenerations',
    '2ndGen',
    'The functions are of the second generation.',
  ),
  mustAllow(
    'cloudscheduler.allowedTargetTypes',
    'PUBSUB',
    'A schedule publishes to Pub/Sub every night. To do without it, set reconcile = { schedule = "" }.',
  ),
  {
    name: 'run.allowedBinaryAuthorizationPolicies',
    check: ({ denyAll, allowed }) =>
      !denyAll && allowed === undefined
        ? ok('not restricted')
        : note(
            `functions must name a policy: ${allowed?.join(', ') ?? 'none is allowed'}`,
            'Set binary_authorization in terraform.tfvars to an allowed policy.',
          ),
  },
  egress('run.allowedVPCEgress', 'all-traffic'),
  egress('cloudfunctions.allowedVpcConnectorEgressSettings', 'ALL_TRAFFIC'),
  {
    name: 'cloudfunctions.requireVPCConnector',
    check: ({ enforced }) =>
      enforced
        ? note('functions must use a network', 'Set vpc in terraform.tfvars.')
        : ok('not enforced'),
  },
  { name: 'gcp.resourceLocations', check: checkLocations },
  { name: 'gcp.restrictServiceUsage', check: checkServices },
  {
    name: 'gcp.restrictNonCmekServices',
    check: ({ denied }) =>
      denied.length === 0
        ? ok('not restricted')
        : note(
            `a key of yours is required for ${denied.join(', ')}`,
            'Set kms in terraform.tfvars.',
          ),
  },
  {
    name: 'iam.allowedPolicyMemberDomains',
    check: (policy, { project }) => {
      if (policy.denyAll)
        return refused(
          'no member may be granted anything',
          allowValue('iam.allowedPolicyMemberDomains', 'CUSTOMER_ID', project),
        );
      if (policy.allowed === undefined) return ok('not restricted');
      return note(
        `grants only to members of ${policy.allowed.join(', ')}`,
        'Grants to your own accounts work. Grants to accounts of customers (impersonate, with objects; release_events) fail: allow their organizations, too. Customers with this policy must allow your organization.',
      );
    },
  },
  {
    name: 'iam.managed.allowedPolicyMembers',
    check: ({ enforced }, { project }) =>
      enforced
        ? note(
            'members of grants are restricted',
            `Compare its parameters with the accounts that the rules name:\n${describePolicy('iam.managed.allowedPolicyMembers', project)}`,
          )
        : ok('not enforced'),
  },
  creation('iam.disableServiceAccountCreation'),
  creation('iam.managed.disableServiceAccountCreation'),
  harmless('iam.disableServiceAccountKeyCreation', 'no keys are created'),
  harmless('iam.managed.disableServiceAccountKeyCreation', 'no keys are created'),
  {
    name: 'compute.vmExternalIpAccess',
    check: ({ denyAll, allowed, denied }) =>
      ok(
        !denyAll && allowed === undefined && denied.length === 0
          ? 'not restricted'
          : 'restricted, without effect: functions and builds of the default pool have no VM of yours',
      ),
  },
  {
    name: 'iam.workloadIdentityPoolProviders',
    check: (policy, { project }) =>
      allows(policy, GITHUB)
        ? ok(`allows ${GITHUB}`)
        : note(
            `does not allow ${GITHUB}`,
            `infra/bootstrap.sh with OWNER/REPOSITORY requires it, and nothing else:\n${allowValue('iam.workloadIdentityPoolProviders', GITHUB, project)}`,
          ),
  },
  {
    name: 'storage.retentionPolicySeconds',
    check: ({ denyAll, allowed }) =>
      !denyAll && allowed === undefined
        ? ok('not restricted')
        : refused(
            'buckets must have a retention policy, and those of the state and the package have none',
            'Ask the administrator of the policy to exempt the project.',
          ),
  },
  harmless(
    'iam.automaticIamGrantsForDefaultServiceAccounts',
    'builds have an account of their own',
  ),
  {
    name: 'cloudbuild.allowedWorkerPools',
    check: ({ denyAll, allowed, denied }) =>
      !denyAll && allowed === undefined && denied.length === 0
        ? ok('not restricted')
        : note(
            `pools: ${allowed?.join(', ') ?? 'none, or not all'}`,
            'Set build_worker_pool in terraform.tfvars to an allowed pool.',
          ),
  },
];

function creation(name: string): Constraint {
  return {
    name,
    check: ({ enforced }, { project }) =>
      enforced
        ? refused(
            'service accounts cannot be created',
            `Name accounts of your own in service_accounts (terraform.tfvars), or:\n${disableEnforce(name, project)}`,
          )
        : ok('not enforced'),
  };
}
