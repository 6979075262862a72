// What an example needs of the world before it is applied: all that its files name and others have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { JsonObject } from '../google-apis/discovery';
import { createAgents } from '../google-apis/policies';
import { createWorld, type World } from '../google-apis/world';

/** A root module below the repository; with rules the vendor's side, else a customer's. */
export interface Example {
  readonly name: string;
  readonly folder: string;
  readonly rules?: { readonly file: string; readonly text: string };
}

/** What a new project has, and what the documents say to enable first. */
const ENABLED_BEFORE = [
  'cloudresourcemanager.googleapis.com',
  'logging.googleapis.com',
  'monitoring.googleapis.com',
  'serviceusage.googleapis.com',
  'storage.googleapis.com',
];
/** Milliseconds until a grant takes effect: less than an apply waits (lifecycle.ts). */
const PROPAGATION = 5_000;
/** What Cloud Run gives a small project; an example that names more instances says that the quota is raised first. */
const CPU_QUOTA = 10;
const HOSTS: readonly (readonly [RegExp, string])[] = [
  [/accessPolicies\/\d+\/servicePerimeters\/\w+/g, 'accesscontextmanager.googleapis.com'],
  [
    /projects\/[\w-]+\/locations\/[\w-]+\/keyRings\/\w+\/cryptoKeys\/\w+/g,
    'cloudkms.googleapis.com',
  ],
];

/** What people apply as it is, with its samples of rules and variables, and all examples. */
export function findExamples(root: string): readonly Example[] {
  const examples = join('infra', 'examples');
  const files = readdirSync(join(root, examples), { recursive: true, encoding: 'utf8' });
  const folders = files
    .filter((path) => basename(path) === 'main.tf')
    .map(dirname)
    .sort();
  const read = (file: string): NonNullable<Example['rules']> => ({
    file,
    text: readFileSync(join(root, file), 'utf8'),
  });
  return [
    { name: 'infra', folder: 'infra', rules: read('rules.yaml') },
    ...folders.map((name) => {
      const folder = join(examples, name);
      const rules = join(folder, 'rules.yaml');
      return { name, folder, ...(existsSync(join(root, rules)) && { rules: read(rules) }) };
    }),
  ];
}

/** The world before: sources, keys, perimeters and secrets that an example's files name. */
export function worldBefore(
  root: string,
  { folder, rules }: Example,
  settings: Parameters<typeof createWorld>[0] = {},
): World {
  const text = readdirSync(join(root, folder))
    .filter((file) => /\.(?:tf|tfvars\.example)$/.test(file))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n');
  const named = [...text.matchAll(/max_instances\s*=\s*(\d+)/g)].map(([, count]) => Number(count));
  const world = createWorld({
    propagation: PROPAGATION,
    cpuQuota: Math.max(CPU_QUOTA, ...named),
    ...settings,
  });
  for (const [pattern, host] of HOSTS) {
    for (const [name] of text.matchAll(pattern)) put(world, host, name, othersOf(text));
  }
  if (rules === undefined) return world;
  const project = /^\s*project_id\s*=\s*"([^"]+)"/m.exec(text)![1]!;
  world.enabled.set(project, new Set(ENABLED_BEFORE));
  for (const service of servicesWithAgents(root)) createAgents(world, service, project);
  for (const [, secret] of text.matchAll(/^\s*secret\s*=\s*"([^"]+)"/gm)) {
    put(world, 'secretmanager.googleapis.com', `projects/${project}/secrets/${secret!}`);
  }
  for (const source of sourcesOf(rules.text)) putSource(world, source, project, text);
  return world;
}

/**
 * A perimeter around the project without a rule, for one, and a key that signs; what has no such fields never shows them. Both
 * configurations of the perimeter list the project, by its number.
 */
function othersOf(text: string): JsonObject {
  const [, project = ''] = /^\s*project_id\s*=\s*"([^"]+)"/m.exec(text) ?? [];
  const number = new RegExp(`^\\s*(?:"?${project}"?|project_number)\\s*=\\s*"(\\d+)"`, 'gm');
  const resources = [...text.matchAll(number)].map(([, digits]) => `projects/${digits!}`);
  // One for each: a patch of the one must not change the other.
  const config = () => ({ resources, ingressPolicies: [], egressPolicies: [] });
  return {
    purpose: 'ASYMMETRIC_SIGN',
    title: 'made by others',
    etag: 'before',
    useExplicitDryRunSpec: true,
    status: config(),
    spec: config(),
  };
}

/** Those whose agents infra/bootstrap.sh creates. */
function servicesWithAgents(root: string): readonly string[] {
  const script = readFileSync(join(root, 'infra', 'bootstrap.sh'), 'utf8');
  const [, agents = ''] = /^agents=\(([^)]+)\)/m.exec(script) ?? [];
  return [...agents.matchAll(/(\w+):/g)].map(([, service]) => `${service!}.googleapis.com`);
}

export function sourcesOf(rules: string): readonly string[] {
  const { rules: list } = parse(rules) as { rules: readonly { source: string }[] };
  return list.map(({ source }) => source);
}

function putSource(world: World, source: string, project: string, text: string): void {
  const bucket = /^gs:\/\/([^/]+)/.exec(source)?.[1];
  if (bucket !== undefined) {
    const owner = new RegExp(`${bucket}"?\\s*=\\s*"([^"]+)"`).exec(text)?.[1] ?? project;
    const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } };
    put(world, 'storage.googleapis.com', `b/${bucket}`, { project: owner, iamConfiguration });
    return;
  }
  const [, location, format, owner, repository] =
    /^([a-z0-9-]+)-(docker|kfp)\.pkg\.dev\/([^/]+)\/([^/]+)/.exec(source)!;
  const name = `projects/${owner!}/locations/${location!}/repositories/${repository!}`;
  put(world, 'artifactregistry.googleapis.com', name, { format: format!.toUpperCase() });
  if (format === 'docker') put(world, 'pubsub.googleapis.com', `projects/${owner!}/topics/gcr`);
}

function put({ resources }: World, host: string, name: string, fields = {}): void {
  resources.set(`//${host}/${name}`, { name, ...fields });
}
