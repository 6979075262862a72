import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import { request } from 'undici';
import { createBroker, type Broker } from '../../local/servers/broker/broker';
import { createBuckets, type Buckets } from '../../local/servers/buckets/buckets';
import type { BucketNotification } from '../../local/servers/buckets/resource';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { findMissing, listTags } from '../../local/images/read';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import type { AuditLogEntry } from '../../local/servers/templates/log-entry';
import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../../local/servers/templates/server';
import { deployTopics, pushOf, topicNamed } from '../support/deployment';
import { freePort } from '../support/free-port';

const root = join(__dirname, '..', '..');

let folder: string;
let rules: string;
let broker: Broker;
let vendor: Registry;
let acme: Registry;
let templates: TemplateServer;
let pipelines: string;
let storage: Buckets;
let environment: Record<string, string>;
const entries: AuditLogEntry[] = [];
const notifications: BucketNotification[] = [];
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-deployed-'));
  [vendor, acme, broker] = [await createRegistry(), await createRegistry(), await createBroker()];
  templates = await createTemplateServer({ onLogEntry: (entry) => entries.push(entry) });
  storage = await createBuckets({
    buckets: ['vendor', 'acme'],
    onNotification: (notification) => notifications.push(notification),
  });
  environment = deployTopics(broker);
  rules = join(folder, 'rules.yaml');
  const host = templates.address.replace('127.0.0.1', 'local-kfp.localhost');
  pipelines = `${host}/vendor/pipelines`;
  writeFileSync(
    rules,
    `targets:
  acme: { repository: '${acme.address}/acme/vendor', templates: '${host}/acme/pipelines', bucket: gs://acme }
rules:
  - { name: api, source: '${vendor.address}/vendor/releases', targets: [acme] }
  - { name: pipelines, source: '${pipelines}', targets: [acme] }
  - { name: models, source: gs://vendor/released, targets: [acme] }
`,
  );
});

afterAll(async () => {
  for (const child of running) {
    child.kill();
    await once(child, 'exit');
  }
  await Promise.all([vendor.close(), acme.close(), broker.close()]);
  await Promise.all([templates.close(), storage.close()]);
  rmSync(folder, { recursive: true });
});

/** Runs a command where it is deployed, as Google's build does: what npm is told comes from the folder alone. */
function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: 'pipe' });
}

const INSTALL = ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Starts a function as the buildpack's image does; the promise gives its address once it listens. */
async function serve(target: string, cwd: string, env: Record<string, string>): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, ['node_modules/.bin/functions-framework'], {
    cwd,
    env: {
      ...process.env,
      FUNCTION_TARGET: target,
      FUNCTION_SIGNATURE_TYPE: 'http',
      PORT: String(port),
      ...environment,
      STORAGE_EMULATOR_HOST: storage.origin,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const origin = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${target} does not start:\n${errors}`);
    const answer = await request(origin).catch(() => undefined);
    if (answer) {
      await answer.body.dump();
      return origin;
    }
    await sleep(50);
  }
}

async function deliver(origin: string, to: string, content: unknown, attributes?: object) {
  const { statusCode, body } = await request(`${origin}/${topicNamed(to)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(pushOf(content, attributes)),
  });
  return { status: statusCode, line: await body.text() };
}

async function expectReleases(cwd: string, tag: string, env: Record<string, string>) {
  const [plan, copy] = [await serve('planCopies', cwd, env), await serve('copyArtifact', cwd, env)];
  await expectAnImage(plan, copy, tag);
  await expectATemplate(plan, copy, tag);
  await expectAnObject(plan, copy, tag);
}

const saying = (words: string) => ({
  status: 200,
  line: expect.stringContaining(words) as string,
});

async function expectAnImage(plan: string, copy: string, tag: string) {
  const content = image({ layers: [layer({ seed: tag })] });
  const { digest } = content.root;
  const repository = `${vendor.address}/vendor/releases/api`;
  await push(content, { registry: vendor.address, repository: 'vendor/releases/api', tag });

  const planned = await deliver(plan, 'gcr', {
    action: 'INSERT',
    digest: `${repository}@${digest}`,
    tag: `${repository}:${tag}`,
  });
  expect(planned).toEqual(saying('1 copy job'));
  const unwanted = await deliver(plan, 'gcr', { action: 'INSERT', tag: 'gcr.io/other/image:1' });
  expect(unwanted).toEqual(saying('no rule'));

  const copied = await deliver(copy, 'copy-jobs', {
    source: `${repository}:${tag}@${digest}`,
    target: 'acme',
  });
  expect(copied).toEqual(saying('copied'));
  const at = { registry: acme.address, repository: 'acme/vendor/api' };
  expect(await findMissing(content, at)).toStrictEqual([]);
  expect(await listTags(at)).toContain(tag);
}

async function expectATemplate(plan: string, copy: string, tag: string) {
  const at = { origin: templates.origin, repository: 'vendor/pipelines' };
  const version = await pushTemplate(at, pipeline('train', tag), [tag]);
  const planned = await deliver(plan, 'template-uploads', entries.at(-1));
  expect(planned).toEqual(saying('1 copy job'));

  const job = { kind: 'template', source: `${pipelines}/train:${tag}`, target: 'acme' };
  expect(await deliver(copy, 'copy-jobs', job)).toEqual(saying('copied'));
  expect(await templates.versionOf('acme/pipelines/train', tag)).toBe(version);
}

async function expectAnObject(plan: string, copy: string, tag: string) {
  const { generation } = storage.put('vendor', `released/${tag}.bin`, tag);
  const { data, attributes } = notifications.at(-1)!;
  const planned = await deliver(plan, 'object-changes', data, attributes);
  expect(planned).toEqual(saying('1 copy job'));

  const source = `gs://vendor/released/${tag}.bin#${generation}`;
  const copied = await deliver(copy, 'copy-jobs', { kind: 'object', source, target: 'acme' });
  expect(copied).toEqual(saying('copied'));
  expect(storage.find('acme', `${tag}.bin`)?.content.size).toBe(tag.length);
}

it('the package runs where only it and npm are', async () => {
  const packed = ['scripts/package.mjs', '--without-terraform', '--rules', rules, '--out', folder];
  run(process.execPath, packed, root);
  const deployed = join(folder, 'package');
  for (const [name, content] of Object.entries(
    unzipSync(readFileSync(join(folder, 'registry-relay.zip'))),
  )) {
    mkdirSync(dirname(join(deployed, name)), { recursive: true });
    writeFileSync(join(deployed, name), content);
  }
  run('npm', INSTALL, deployed);
  run('npm', ['run', 'gcp-build'], deployed);
  expect(readdirSync(join(deployed, 'dist/compile-cache'))).toHaveLength(1);
  await expectReleases(deployed, 'packed', {});
});

it('the sources run as "gcloud functions deploy --source ." uploads and builds them', async () => {
  const deployed = join(folder, 'sources');
  const list = (...args: readonly string[]) =>
    execFileSync('git', ['ls-files', '-z', ...args], { cwd: root, encoding: 'utf8' }).split('\0');
  const ignored = list('--ignored', '--cached', '--exclude-from=.gcloudignore');
  const uploaded = list().filter((name) => name !== '' && !ignored.includes(name));
  const besides = uploaded.filter((name) => /^(infra|local|test|docs)\//.test(name));
  expect(besides).toStrictEqual(['infra/subscriptions.json']);
  for (const name of uploaded) cpSync(join(root, name), join(deployed, name));

  // The build has the development packages of this checkout; the image has what npm leaves.
  symlinkSync(join(root, 'node_modules'), join(deployed, 'node_modules'));
  run('npm', ['run', 'gcp-build'], deployed);
  expect(readdirSync(join(deployed, 'dist/compile-cache'))).toHaveLength(1);
  rmSync(join(deployed, 'node_modules'));
  run('npm', INSTALL, deployed);
  await expectReleases(deployed, 'built', { RULES_FILE: rules });
});
