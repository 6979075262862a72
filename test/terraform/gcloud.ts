// As much of gcloud as docs/deploy.md and infra/bootstrap.sh call, on the stand-in's world.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { JsonObject } from '../google-apis/discovery';
import { agentOf, createAgents, forget, policyOf, setPolicy } from '../google-apis/policies';
import { accountsDomain, isEnabled, projectNumber, type World } from '../google-apis/world';

interface Line {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}
/** The text that gcloud prints; undefined where it ends with 1. */
type Command = (world: World, line: Line, project: string) => string | undefined;

const REGISTRY = '//artifactregistry.googleapis.com/projects';
const repositoryOf = ({ words, flags }: Line, project: string): string =>
  `${REGISTRY}/${flags.get('project') ?? project}/locations/${flags.get('location')!}/repositories/${words[3]!}`;
const topicOf = ({ words }: Line, project: string): string =>
  `//pubsub.googleapis.com/projects/${project}/topics/${words[3]!}`;
const bucketOf = (url: string): string => `//storage.googleapis.com/b/${url.replace('gs://', '')}`;
const accountOf = (name: string, project: string): string =>
  `//iam.googleapis.com/projects/${project}/serviceAccounts/${name.replace(/@.*/, '')}@${accountsDomain(project)}`;

/** By the words before the name. */
const COMMANDS: Readonly<Record<string, Command>> = {
  'auth login': () => '',
  'auth application-default login': () => '',
  'config set project': () => '',
  'services enable': ({ enabled }, { words }, project) => {
    for (const service of words.slice(2)) enabled.get(project)!.add(service);
    return '';
  },
  'projects describe': (_world, { words }) => projectNumber(words[2]!),
  'projects add-iam-policy-binding': (world, line) =>
    grant(world, `//cloudresourcemanager.googleapis.com/projects/${line.words[2]!}`, line),
  'beta services identity create': (world, { flags }, project) => {
    createAgents(world, flags.get('service')!, project);
    return '';
  },
  'storage service-agent': ({ agents }, _line, project) => {
    agents.add(agentOf(project, 'gs-project-accounts'));
    return agentOf(project, 'gs-project-accounts');
  },
  'iam service-accounts describe': ({ resources }, { words }, project) =>
    resources.has(accountOf(words[3]!, project)) ? 'there' : undefined,
  'iam service-accounts create': (world, { words }, project) =>
    put(world, accountOf(words[3]!, project)),
  'iam service-accounts delete': (world, { words }, project) => {
    forget(world, words[3]!, '1');
    return take(world, accountOf(words[3]!, project));
  },
  'storage buckets list': ({ resources }, { flags }) => {
    const name = flags.get('filter')!.replace('name=', '');
    return resources.has(bucketOf(name)) ? name : '';
  },
  'storage buckets create': (world, { words }, project) =>
    put(world, bucketOf(words[3]!), { project, projectNumber: projectNumber(project) }),
  'storage buckets update': ({ resources }, { words }) => {
    const bucket = resources.get(bucketOf(words[3]!))!;
    resources.set(bucketOf(words[3]!), { ...bucket, versioning: { enabled: true } });
    return '';
  },
  'storage rm': (world, { words, flags }) => {
    const urls = [flags.get('r') ?? '', ...words.slice(2)].filter(Boolean);
    // Cloud Functions creates its own for sources.
    const own = urls.filter((url) => !url.startsWith('gs://gcf-v2-sources-'));
    return own.every((url) => take(world, bucketOf(url)) === '') ? '' : undefined;
  },
  'pubsub topics describe': ({ resources }, line, project) =>
    resources.has(topicOf(line, project)) ? 'there' : undefined,
  'pubsub topics create': (world, line, project) => put(world, topicOf(line, project)),
  'pubsub topics delete': (world, line, project) => take(world, topicOf(line, project)),
  'artifacts repositories create': (world, line, project) =>
    isEnabled(world, project, 'artifactregistry.googleapis.com')
      ? put(world, repositoryOf(line, project), { format: 'DOCKER' })
      : undefined,
  'artifacts repositories delete': (world, line, project) =>
    take(world, repositoryOf(line, project)),
  'artifacts repositories add-iam-policy-binding': (world, line, project) =>
    grant(world, repositoryOf(line, project), line),
  'artifacts docker tags list': () => '',
};

function put({ resources }: World, name: string, fields: JsonObject = {}): string | undefined {
  if (resources.has(name)) return undefined;
  resources.set(name, { name: name.replace(/^\/\/[^/]+\//, ''), ...fields });
  return '';
}

function take({ resources, policies }: World, name: string): string | undefined {
  policies.delete(name);
  return resources.delete(name) ? '' : undefined;
}

function grant(world: World, name: string, { flags }: Line): string {
  const { bindings, etag } = policyOf(world, name);
  const added = { role: flags.get('role')!, members: [flags.get('member')!] };
  const others = Array.isArray(bindings) ? bindings : [];
  setPolicy(world, name, { version: 3, etag: etag!, bindings: [...others, added] });
  return '';
}

/**
 * Puts a `gcloud` into a folder that asks this process, for one project.
 * @returns what ends the service
 */
export async function installGcloud(
  folder: string,
  world: World,
  project: string,
): Promise<() => void> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = run(world, JSON.parse(Buffer.concat(chunks).toString()) as string[], project);
      response.writeHead(text === undefined ? 400 : 200);
      response.end(text);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  mkdirSync(folder, { recursive: true });
  const script = `#!${process.execPath}
const answer = await fetch('http://127.0.0.1:${port}/', { method: 'POST', body: JSON.stringify(process.argv.slice(2)) });
const text = await answer.text();
if (text) console.log(text);
if (!answer.ok) { console.error('gcloud failed:', process.argv.slice(2).join(' ')); process.exitCode = 1; }
`;
  // An extension, so that it is a module.
  writeFileSync(join(folder, 'gcloud.mjs'), script);
  writeFileSync(
    join(folder, 'gcloud'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(folder, 'gcloud.mjs')}' "$@"\n`,
  );
  chmodSync(join(folder, 'gcloud'), 0o755);
  return () => server.close();
}

function run(world: World, argv: readonly string[], project: string): string | undefined {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (const word of argv) {
    const [, name, value] = /^--?([a-z-]+)(?:=([^]*))?$/.exec(word) ?? [];
    if (name === undefined) words.push(word);
    else flags.set(name, value ?? '');
  }
  const known = Object.keys(COMMANDS)
    .filter((command) => `${words.join(' ')} `.startsWith(`${command} `))
    .sort((one, other) => other.length - one.length)[0];
  try {
    if (known === undefined) throw new Error('The stand-in does not know this command.');
    return COMMANDS[known]!(world, { words, flags }, project);
  } catch (error) {
    process.stderr.write(`gcloud ${argv.join(' ')}: ${String(error)}\n`);
    return undefined;
  }
}
