// What an example needs of the world before it is applied: all that its files name and others have.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createWorld, type World } from '../google-apis/world';

export interface Example {
  readonly name: string;
  /** Relative to infra/. */
  readonly folder: string;
  /** The vendor's side, with rules; else a customer's. */
  readonly rules?: string;
}

/** What a new project has, and what the documents say to enable first. */
const ENABLED_BEFORE = [
  'cloudresourcemanager.googleapis.com',
  'logging.googleapis.com',
  'monitoring.googleapis.com',
  'serviceusage.googleapis.com',
  'storage.googleapis.com',
];
/** A perimeter without a rule, for one; what has no such fields never shows them. */
const OTHERS = {
  title: 'made by others',
  etag: 'before',
  useExplicitDryRunSpec: true,
  status: { ingressPolicies: [], egressPolicies: [] },
  spec: { ingressPolicies: [], egressPolicies: [] },
};
const HOSTS: readonly (readonly [RegExp, string])[] = [
  [/accessPolicies\/\d+\/servicePerimeters\/\w+/g, 'accesscontextmanager.googleapis.com'],
  [
    /projects\/[\w-]+\/locations\/[\w-]+\/keyRings\/\w+\/cryptoKeys\/\w+/g,
    'cloudkms.googleapis.com',
  ],
];

export function findExamples(infra: string): readonly Example[] {
  const roots = readdirSync(join(infra, 'examples'), { recursive: true, encoding: 'utf8' });
  const has = (folder: string, file: string): boolean => roots.includes(join(folder, file));
  const folders = [...new Set(roots.map((path) => join(path, '..')))].sort();
  return folders.flatMap((name): Example[] => {
    const folder = join('examples', name);
    if (has(name, 'rules.yaml')) {
      const rules = readFileSync(join(infra, folder, 'rules.yaml'), 'utf8');
      return [{ name, folder, rules }];
    }
    return has(name, 'main.tf') ? [{ name, folder }] : [];
  });
}

/** The world before: sources, keys, perimeters and secrets that an example's files name. */
export function worldBefore(infra: string, { folder, rules }: Example): World {
  const world = createWorld();
  const text = readdirSync(join(infra, folder))
    .filter((file) => /\.(?:tf|tfvars|yaml)$/.test(file))
    .map((file) => readFileSync(join(infra, folder, file), 'utf8'))
    .join('\n');
  for (const [pattern, host] of HOSTS) {
    for (const [name] of text.matchAll(pattern)) put(world, host, name, OTHERS);
  }
  if (rules === undefined) return world;
  const project = /^\s*project_id\s*=\s*"([^"]+)"/m.exec(text)![1]!;
  world.enabled.set(project, new Set(ENABLED_BEFORE));
  for (const [, secret] of text.matchAll(/^\s*secret\s*=\s*"([^"]+)"/gm)) {
    put(world, 'secretmanager.googleapis.com', `projects/${project}/secrets/${secret!}`);
  }
  for (const source of sourcesOf(rules)) putSource(world, source, project, text);
  return world;
}

function sourcesOf(rules: string): readonly string[] {
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
  const makesTopic = new RegExp(`${owner!}\\s*=\\s*"create"`).test(text) || owner === project;
  if (format === 'docker' && !makesTopic) {
    put(world, 'pubsub.googleapis.com', `projects/${owner!}/topics/gcr`);
  }
}

function put({ resources }: World, host: string, name: string, fields = {}): void {
  resources.set(`//${host}/${name}`, { name, ...fields });
}
