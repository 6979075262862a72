import { invalid } from '../api-error';
import type { Json } from '../discovery';
import type { Kind } from '../kinds';
import { isObject, text } from '../schema';

/** Those that a deployment uses, of https://cloud.google.com/vpc-service-controls/docs/supported-products. */
const SUPPORTED = new Set(
  [
    'artifactregistry',
    'bigquery',
    'binaryauthorization',
    'cloudbuild',
    'cloudfunctions',
    'cloudkms',
    'cloudresourcemanager',
    'cloudscheduler',
    'compute',
    'iam',
    'iamcredentials',
    'logging',
    'monitoring',
    'pubsub',
    'run',
    'secretmanager',
    'serviceusage',
    'storage',
  ].map((service) => `${service}.googleapis.com`),
);

export const perimeters: Readonly<Record<string, Kind>> = {
  'accesscontextmanager.accessPolicies.servicePerimeters': {
    check: ({ status, spec, useExplicitDryRunSpec }, _world, name) => {
      checkConfig(status, name);
      checkConfig(spec, name);
      if (useExplicitDryRunSpec !== true && rulesOf(spec).length > 0) {
        throw invalid(
          `${name}: use_explicit_dry_run_spec must be set to True if any of the fields in the spec are set to non-default values.`,
        );
      }
    },
  },
};

function checkConfig(config: Json | undefined, name: string): void {
  for (const { to } of rulesOf(config)) checkServices(to['operations']);
  const members = isObject(config) ? listOf(config['resources']) : [];
  for (const { isIngress, to } of rulesOf(config)) {
    const strangers = listOf(to['resources']).filter((one) => !members.includes(one));
    if (isIngress && strangers.length > 0) {
      throw invalid(
        `Invalid Directional Policies set in Perimeter '${name}': Error in IngressTo: '${text(strangers[0])}' is defined in \`IngressTo.resources\`, but it is not present in \`ServicePerimeterConfig.resources\`. Only resources protected by this Service Perimeter can be put in IngressTo.resources.`,
      );
    }
  }
}

function checkServices(operations: Json | undefined): void {
  for (const operation of listOf(operations)) {
    const service = isObject(operation) ? text(operation['serviceName']) : '';
    if (!SUPPORTED.has(service)) {
      throw invalid(
        `Service '${service}' is not supported by VPC Service Controls. The list of supported services is documented at https://cloud.google.com/vpc-service-controls/docs/overview.`,
      );
    }
  }
}

interface Rule {
  readonly isIngress: boolean;
  readonly to: Readonly<Record<string, Json>>;
}

function rulesOf(config: Json | undefined): readonly Rule[] {
  if (!isObject(config)) return [];
  return ['ingress', 'egress'].flatMap((way) =>
    listOf(config[`${way}Policies`]).flatMap((policy) => {
      const to = isObject(policy) ? policy[`${way}To`] : undefined;
      return isObject(to) ? [{ isIngress: way === 'ingress', to }] : [];
    }),
  );
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
