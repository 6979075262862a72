import { createHash } from 'node:crypto';
import { ApiError, denied, invalid } from './api-error';
import type { Json, JsonObject } from './discovery';
import { isObject } from './schema';
import { accountsDomain, projectNumber, type World } from './world';

// https://cloud.google.com/iam/quotas
const MOST_PRINCIPALS = 1500;
/** Domains of the service agents' addresses. */
const AGENTS: Readonly<Record<string, readonly string[]>> = {
  'pubsub.googleapis.com': ['gcp-sa-pubsub'],
  'artifactregistry.googleapis.com': ['gcp-sa-artifactregistry'],
  // A function is a Cloud Run service, too.
  'cloudfunctions.googleapis.com': ['gcf-admin-robot', 'serverless-robot-prod'],
  'run.googleapis.com': ['serverless-robot-prod'],
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
  startGrants(world, name, kept);
  world.policies.set(name, kept);
  return policyOf(world, name);
}

/** A grant that was in the policy before stays in effect; a new one takes effect later. */
function startGrants(world: World, name: string, policy: JsonObject): void {
  const before = new Set(grantsIn(name, policyOf(world, name)));
  for (const grant of grantsIn(name, policy)) {
    if (!before.has(grant)) world.effective.set(grant, world.now() + world.propagation);
  }
}

function grantsIn(name: string, policy: JsonObject): readonly string[] {
  return bindingsOf(policy).flatMap(({ role, members }) =>
    members.map((member) => grantOf(name, role, member)),
  );
}

function grantOf(name: string, role: string, member: string): string {
  return `${role} to ${member} on ${name}`;
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

/** @throws {ApiError} unless the account has the role on one of these, and the grant has taken effect. */
export function mustHave(
  world: World,
  email: string,
  role: string,
  names: readonly string[],
): void {
  const member = `serviceAccount:${email}`;
  const granting = names.filter((name) =>
    bindingsOf(policyOf(world, name)).some(
      (binding) => binding.role === role && binding.members.includes(member),
    ),
  );
  if (granting.length === 0) throw denied(`${email} lacks ${role} on ${names.join(' or ')}.`);
  const isEffective = granting.some((name) => {
    return (world.effective.get(grantOf(name, role, member)) ?? 0) <= world.now();
  });
  if (!isEffective) throw denied(`${role} of ${email} on ${granting.join(' or ')} is too new.`);
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

/** The first use of a service in a project creates the service's agents. */
export function createAgents(world: World, host: string, project: string): void {
  for (const domain of AGENTS[host] ?? []) world.agents.add(agentOf(project, domain));
}

export function agentOf(project: string, domain: string): string {
  return `service-${projectNumber(project)}@${domain}.iam.gserviceaccount.com`;
}

/** An account of a project that is new must have been made; those of others are theirs to make. */
export function accountExists(world: World, email: string): boolean {
  const agent = /^service-(\d+)@([a-z-]+)\.iam\.gserviceaccount\.com$/.exec(email);
  if (agent) {
    const [, number] = agent;
    const isNew = [...world.enabled.keys()].some((id) => projectNumber(id) === number);
    return !isNew || world.agents.has(email);
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
