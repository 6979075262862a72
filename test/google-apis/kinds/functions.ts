import { disabled, invalid, notFound } from '../api-error';
import type { Json, JsonObject } from '../discovery';
import type { Kind } from '../kinds';
import { accountExists, agentOf, mustHave, mustUseKey } from '../policies';
import { isObject, text } from '../schema';
import { isEnabled, projectIn, type World } from '../world';

const serviceName = (name: string): string =>
  name.replace('cloudfunctions', 'run').replace('/functions/', '/services/');
const inside = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((at, key) => (isObject(at) ? at[key] : undefined), value);

export const functions: Readonly<Record<string, Kind>> = {
  'cloudfunctions.projects.locations.functions': {
    check: (resource, world, name) => {
      const project = projectIn(name)!;
      checkBuild(inside(resource, 'buildConfig'), world, project);
      checkService(inside(resource, 'serviceConfig'), world, project);
      mustUseKey(world, resource['kmsKeyName'], agentOf(project, 'gcf-admin-robot'));
    },
    fill: (resource, name, { serial }) => {
      const [, location, id] = /locations\/([^/]+)\/functions\/([^/]+)$/.exec(name)!;
      const uri = `https://${id!}-${projectIn(name)!}.${location!}.run.app`;
      const build = inside(resource, 'buildConfig') as JsonObject;
      return {
        state: 'ACTIVE',
        environment: 'GEN_2',
        url: uri,
        buildConfig: { ...build, build: `${projectIn(name)!}/builds/1` },
        serviceConfig: {
          maxInstanceCount: 100,
          availableMemory: '256M',
          availableCpu: '0.1666',
          timeoutSeconds: 60,
          maxInstanceRequestConcurrency: 1,
          ingressSettings: 'ALLOW_ALL',
          ...(inside(resource, 'serviceConfig') as JsonObject | undefined),
          uri,
          service: serviceName(name).replace('//run.googleapis.com/', ''),
          revision: `${id!}-${String(serial).padStart(5, '0')}-abc`,
        },
      };
    },
    created: (_function, { resources }, name) => {
      resources.set(serviceName(name), { name: serviceName(name) });
    },
    deleted: (_function, { resources, policies }, name) => {
      resources.delete(serviceName(name));
      policies.delete(serviceName(name));
    },
  },
};

function checkBuild(build: Json | undefined, world: World, project: string): void {
  for (const service of ['cloudbuild.googleapis.com', 'run.googleapis.com']) {
    if (!isEnabled(world, project, service)) throw disabled(service, project);
  }
  const source = inside(build, 'source', 'storageSource');
  const bucket = `//storage.googleapis.com/b/${text(inside(source, 'bucket'))}`;
  const object = `${bucket}/o/${text(inside(source, 'object'))}`;
  const stored = world.resources.get(object);
  if (stored === undefined) throw notFound(object);
  const former = Array.isArray(stored['former']) ? stored['former'] : [];
  // Google takes a whole number of 64 bits as text, and as a number.
  const asked = inside(source, 'generation') ?? stored['generation'];
  const generation = typeof asked === 'number' ? String(asked) : text(asked);
  if (![...former, stored['generation']].includes(generation)) {
    throw notFound(`${object}#${generation}`);
  }
  const account = text(inside(build, 'serviceAccount')).split('/').at(-1)!;
  mustHave(world, account, 'roles/storage.objectViewer', [bucket]);
  mustHave(world, account, 'roles/logging.logWriter', [
    `//cloudresourcemanager.googleapis.com/projects/${project}`,
  ]);
  mustHave(world, account, 'roles/artifactregistry.writer', [
    `//artifactregistry.googleapis.com/${text(inside(build, 'dockerRepository'))}`,
  ]);
}

function checkService(service: Json | undefined, world: World, project: string): void {
  checkQuota(service, world);
  const account = text(inside(service, 'serviceAccountEmail'));
  if (!accountExists(world, account)) throw invalid(`Service account ${account} does not exist.`);
  const volumes = inside(service, 'secretVolumes');
  for (const volume of Array.isArray(volumes) ? volumes : []) {
    const secret = `projects/${text(inside(volume, 'projectId'))}/secrets/${text(inside(volume, 'secret'))}`;
    mustHave(world, account, 'roles/secretmanager.secretAccessor', [
      `//secretmanager.googleapis.com/${secret}`,
    ]);
  }
  const needed = 'binaryauthorization.googleapis.com';
  if (
    text(inside(service, 'binaryAuthorizationPolicy')) !== '' &&
    !isEnabled(world, project, needed)
  ) {
    throw disabled(needed, project);
  }
}

/** Cloud Run compares each service alone with the quota of its region. */
function checkQuota(service: Json | undefined, { cpuQuota }: World): void {
  const most = Math.floor(cpuQuota / Number(inside(service, 'availableCpu') ?? 1));
  if (Number(inside(service, 'maxInstanceCount') ?? 100) <= most) return;
  throw invalid(
    `spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. For the specified value, maxScale may not exceed ${most}.\nConsider running your workload in a region with greater capacity, decreasing your requested cpu-per-instance, or requesting an increase in quota for this region if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas.`,
  );
}
