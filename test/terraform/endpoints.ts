/** Where the google provider finds each API, below an address that serves them by the names of their hosts. */
export function endpointsOf(url: string): NodeJS.ProcessEnv {
  const endpoints = Object.entries(PATHS).map(([api, path]) => {
    return [`GOOGLE_${api}_CUSTOM_ENDPOINT`, `${url}/${path}`] as const;
  });
  return {
    ...Object.fromEntries(endpoints),
    GOOGLE_OAUTH_ACCESS_TOKEN: 'nobody',
    // Of `relay doctor --before-deploy`.
    GOOGLE_APIS_EMULATOR_HOST: new URL(url).host,
  };
}

const PATHS = {
  ACCESS_CONTEXT_MANAGER: 'accesscontextmanager.googleapis.com/v1/',
  ARTIFACT_REGISTRY: 'artifactregistry.googleapis.com/v1/',
  BIG_QUERY: 'bigquery.googleapis.com/bigquery/v2/',
  BIGQUERY: 'bigquery.googleapis.com/bigquery/v2/',
  CLOUD_BILLING: 'cloudbilling.googleapis.com/v1/',
  CLOUD_RUN: 'run.googleapis.com/',
  CLOUD_SCHEDULER: 'cloudscheduler.googleapis.com/v1/',
  CLOUDFUNCTIONS2: 'cloudfunctions.googleapis.com/v2/',
  IAM: 'iam.googleapis.com/v1/',
  IAM_BETA: 'iam.googleapis.com/v1/',
  KMS: 'cloudkms.googleapis.com/v1/',
  LOGGING: 'logging.googleapis.com/v2/',
  MONITORING: 'monitoring.googleapis.com/',
  PUBSUB: 'pubsub.googleapis.com/v1/',
  RESOURCE_MANAGER: 'cloudresourcemanager.googleapis.com/v1/',
  SECRET_MANAGER: 'secretmanager.googleapis.com/v1/',
  SERVICE_USAGE: 'serviceusage.googleapis.com/v1/',
  STORAGE: 'storage.googleapis.com/storage/v1/',
};
