import { createHash } from 'node:crypto';
import { ApiError, denied, invalid } from './api-error';
import type { Json, JsonObject } from './discovery';
import { isObject } from './schema';
import { accountsDomain, isEnabled, projectNumber, type World } from './world';

// https://cloud.google.com/iam/quotas
const MOST_PRINCIPALS = 1500;
const AGENTS: Readonly<Record<string, string>> = {
  'gcp-sa-pubsub': 'pubsub.googleapis.com',
  'gcp-sa-artifactregistry': 'artifactregistry.googleapis.com',
  'gcf-admin-robot': 'cloudfunctions.googleapis.com',
  'serverless-robot-prod': 'run.googleapis.com',
};

export function policyOf({ policies }: World, name: string): JsonObject {
  const policy = policies.get(name) ?? { version: 1 };
  return { ...policy, etag: etagOf(policy) };
}

/** @throws {ApiError} when another policy is there than the one that was read, or Google would refuse this one. */
export function setPolicy(world: World, name: string, policy: JsonObject): JsonObject {
  if (policy['etag'] !== undefined && policy['etag'] !== policyOf(world, name)['etag']) {
    throw new ApiError(409, 'ABORTED', `There were concurrent policy changes of ${name}.`);
  }
  const bindings = bindingsOf(policy);
  for (const { members } of bindings) {
    for (const member of members) checkMember(world, member);
  }
  if (bindings.some(({ condition }) => condition !== undefined) && policy['version'] !== 3) {
    throw invalid('A policy with conditions has version 3.');
  }
  const principals = bindings.reduce((sum, { members }) => sum + members.length, 0);
  if (principals > MOST_PRINCIPALS) {
    throw invalid(`A policy has at most ${MOST_PRINCIPALS} principals, this one ${principals}.`);
  }
  const kept = { ...policy };
  delete kept['etag'];
  world.policies.set(name, kept);
  return policyOf(world, name);
}

/** What stays of an account that is deleted: grants to something that nobody is. */
export function forget(world: World, email: string, uid: string): void {
  for (const [name, policy] of world.policies) {
    const text = JSON.stringify(policy).replaceAll(
      `"serviceAccount:${email}"`,
      `"deleted:serviceAccount:${email}?uid=${uid}"`,
    );
    world.policies.set(name, JSON.parse(text) as JsonObject);
  }
}

/** @throws {ApiError} unless the account has the role on one of these. */
export function mustHave(
  world: World,
  email: string,
  role: string,
  names: readonly string[],
): void {
  const member = `serviceAccount:${email}`;
  const granted = names.some((name) =>
    bindingsOf(policyOf(world, name)).some(
      (binding) => binding.role === role && binding.members.includes(member),
    ),
  );
  if (!granted) throw denied(`${email} lacks ${role} on ${names.join(' or ')}.`);
}

/** A customer-managed key is of use once the agent may use it. */
export function mustUseKey(world: World, key: Json | undefined, agent: string): void {
  if (typeof key !== 'string' || key === '' || !isOurs(world, agent)) return;
  const role = 'roles/cloudkms.cryptoKeyEncrypterDecrypter';
  mustHave(world, agent, role, [`//cloudkms.googleapis.com/${key}`]);
}

/** An agent of a project that is new; for others their owners have granted what it takes. */
function isOurs({ enabled }: World, agent: string): boolean {
  return [...enabled.keys()].some((project) =>
    agent.startsWith(`service-${projectNumber(project)}@`),
  );
}

export function agentOf(project: string, domain: string): string {
  return `service-${projectNumber(project)}@${domain}.iam.gserviceaccount.com`;
}

/** An account of a project that is new must have been made; those of others are theirs to make. */
export function accountExists(world: World, email: string): boolean {
  const agent = /^service-(\d+)@([a-z-]+)\.iam\.gserviceaccount\.com$/.exec(email);
  if (agent) {
    const [, number, domain] = agent as unknown as [string, string, string];
    const project = [...world.enabled.keys()].find((id) => projectNumber(id) === number);
    const service = AGENTS[domain];
    if (project === undefined) return true;
    return service === undefined ? world.agents.has(email) : isEnabled(world, project, service);
  }
  const project = [...world.enabled.keys()].find((id) => email.endsWith(`@${accountsDomain(id)}`));
  if (project === undefined) return true;
  return world.resources.has(accountName(project, email));
}

function accountName(project: string, email: string): string {
  return `//iam.googleapis.com/projects/${project}/serviceAccounts/${email}`;
}

function checkMember(world: World, member: string): void {
  if (
    !/^(?:(?:user|group|serviceAccount|domain|deleted|principal|principalSet|projectOwner|projectEditor|projectViewer):.+|allUsers|allAuthenticatedUsers)$/.test(
      member,
    )
  ) {
    throw invalid(`The member ${member} is of an unknown type.`);
  }
  const email = /^serviceAccount:(.+)$/.exec(member)?.[1];
  if (email !== undefined && !accountExists(world, email)) {
    throw invalid(`Service account ${email} does not exist.`);
  }
}

interface Binding {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: Json;
}

function bindingsOf(policy: JsonObject): readonly Binding[] {
  const bindings = policy['bindings'];
  if (!Array.isArray(bindings)) return [];
  return bindings.filter((binding) => isObject(binding)) as unknown as Binding[];
}

export function etagOf(value: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 16);
}
