// Methods that are none of the standard ones.
import { notFound } from './api-error';
import type { Json, JsonObject } from './discovery';
import type { Call } from './kinds';
import { agentOf } from './policies';
import { isEnabled, projectIn, projectNumber, type World } from './world';

const done = (response: JsonObject): JsonObject => ({
  name: 'operations/done',
  done: true,
  response: { '@type': 'type.googleapis.com/any', ...response },
});

export const SPECIAL: Readonly<Record<string, (world: World, call: Call) => Json>> = {
  'cloudresourcemanager.projects.get': (_world, { name, method }) => {
    const project = projectIn(name)!;
    const number = projectNumber(project);
    return {
      projectId: project,
      projectNumber: number,
      // In v1 the name for people.
      name: method.path.startsWith('v3/') ? `projects/${number}` : project,
      lifecycleState: 'ACTIVE',
      state: 'ACTIVE',
    };
  },
  'cloudresourcemanager.projects.getAncestry': (_world, { name }) => ({
    ancestor: [{ resourceId: { type: 'project', id: projectIn(name)! } }],
  }),
  'orgpolicy.projects.policies.getEffectivePolicy': (_world, { name }) => ({
    name: name.replace('//orgpolicy.googleapis.com/', ''),
    spec: { rules: [{ allowAll: true }] },
  }),
  'cloudfunctions.projects.locations.list': () => ({
    locations: [{ locationId: 'us-central1' }, { locationId: 'europe-west1' }],
  }),
  'cloudbilling.projects.getBillingInfo': (_world, { name }) => ({
    name: name.replace('//cloudbilling.googleapis.com/', ''),
    projectId: projectIn(name)!,
    billingAccountName: 'billingAccounts/012345-6789AB-CDEF01',
    billingEnabled: true,
  }),
  'storage.projects.serviceAccount.get': (world, { name }) => {
    const email = agentOf(projectIn(name)!, 'gs-project-accounts');
    world.agents.add(email);
    return { kind: 'storage#serviceAccount', email_address: email };
  },
  'cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.get': (world, { name }) =>
    versionOf(world, name),
  'cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.getPublicKey': (
    world,
    { name },
  ) => ({ ...versionOf(world, name.replace(/\/publicKey$/, '')), pem: PUBLIC_KEY }),
  'cloudscheduler.projects.locations.jobs.pause': (world, { name }) =>
    setState(world, name, 'PAUSED'),
  'cloudscheduler.projects.locations.jobs.resume': (world, { name }) =>
    setState(world, name, 'ENABLED'),
  'serviceusage.services.batchEnable': (world, { name, body }) => {
    const services = body['serviceIds'] as string[];
    for (const service of services) enable(world, name, service);
    return done({ services: services.map((service) => serviceOf(name, service)) });
  },
  'serviceusage.services.enable': (world, { name }) => {
    const service = name.split('/').at(-1)!;
    enable(world, name, service);
    return done({ service: serviceOf(name, service) });
  },
  'serviceusage.services.batchGet': (world, { query, name }) => ({
    services: query.getAll('names').map((one) => {
      const service = one.split('/').at(-1)!;
      const state = isEnabled(world, projectIn(name)!, service) ? 'ENABLED' : 'DISABLED';
      return { ...serviceOf(name, service), state };
    }),
  }),
  'serviceusage.services.get': (_world, { name }) => serviceOf(name, name.split('/').at(-1)!),
  'serviceusage.services.list': (world, { name }) => ({
    services: [...(world.enabled.get(projectIn(name)!) ?? [])].map((id) => serviceOf(name, id)),
  }),
};

/** Every key has its first version, whoever made it. */
function versionOf({ resources }: World, name: string): JsonObject {
  const key = name.replace(/\/cryptoKeyVersions\/1$/, '');
  if (key === name || !resources.has(key)) throw notFound(name);
  return {
    name: name.replace('//cloudkms.googleapis.com/', ''),
    state: 'ENABLED',
    algorithm: 'EC_SIGN_P256_SHA256',
    protectionLevel: 'SOFTWARE',
  };
}

const PUBLIC_KEY = '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n';

function setState(world: World, name: string, state: string): JsonObject {
  const job = { ...world.resources.get(name), state };
  world.resources.set(name, job);
  return job;
}

function enable(world: World, name: string, service: string): void {
  world.enabled.get(projectIn(name)!)?.add(service);
}

function serviceOf(name: string, service: string): JsonObject {
  const parent = `projects/${projectNumber(projectIn(name)!)}`;
  return {
    name: `${parent}/services/${service}`,
    parent,
    state: 'ENABLED',
    config: { name: service },
  };
}
