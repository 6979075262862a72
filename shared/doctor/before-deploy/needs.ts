/** What the first apply needs of a project: the same as infra/bootstrap.sh and infra/modules/vendor; test/contract compares. */

/** APIs that must be enabled before the first apply, since everything is looked up and enabled by them. */
export const BOOTSTRAP_APIS = [
  'artifactregistry.googleapis.com',
  'cloudfunctions.googleapis.com',
  'cloudresourcemanager.googleapis.com',
  'iam.googleapis.com',
  'iamcredentials.googleapis.com',
  'pubsub.googleapis.com',
  'run.googleapis.com',
  'serviceusage.googleapis.com',
  'storage.googleapis.com',
  'sts.googleapis.com',
];

/** APIs that every apply enables itself. */
export const TERRAFORM_APIS = [
  'cloudbuild.googleapis.com',
  'cloudscheduler.googleapis.com',
  'logging.googleapis.com',
  'monitoring.googleapis.com',
];

/** Each role of the account that applies, with permissions that no smaller role of this list has. */
export const DEPLOYER_ROLES: Readonly<Record<string, readonly string[]>> = {
  'roles/viewer': ['resourcemanager.projects.get'],
  'roles/serviceusage.serviceUsageAdmin': ['serviceusage.services.enable'],
  'roles/iam.serviceAccountAdmin': ['iam.serviceAccounts.create'],
  'roles/iam.serviceAccountUser': ['iam.serviceAccounts.actAs'],
  'roles/resourcemanager.projectIamAdmin': ['resourcemanager.projects.setIamPolicy'],
  'roles/pubsub.admin': [
    'pubsub.topics.create',
    'pubsub.topics.setIamPolicy',
    'pubsub.subscriptions.create',
  ],
  'roles/storage.admin': ['storage.buckets.create'],
  'roles/artifactregistry.admin': ['artifactregistry.repositories.setIamPolicy'],
  'roles/cloudfunctions.admin': ['cloudfunctions.functions.create'],
  'roles/run.admin': ['run.services.setIamPolicy'],
  'roles/logging.configWriter': ['logging.sinks.create', 'logging.logMetrics.create'],
  'roles/monitoring.editor': ['monitoring.alertPolicies.create', 'monitoring.dashboards.create'],
  'roles/cloudscheduler.admin': ['cloudscheduler.jobs.create'],
};

export type FunctionSize = {
  /** Instances at most. */
  readonly instances: number;
  /** Of one instance. */
  readonly cpu: number;
  /** MiB, of one instance. */
  readonly memory: number;
};

/** The defaults of the Terraform variables plan_copies, copy_artifact and reconcile. */
export const DEFAULT_SIZES: Readonly<Record<string, FunctionSize>> = {
  'copy-artifact': { instances: 10, cpu: 1, memory: 512 },
  'plan-copies': { instances: 5, cpu: 1, memory: 512 },
  reconcile: { instances: 2, cpu: 1, memory: 512 },
};
