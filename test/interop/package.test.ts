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
import { createBroker, type Broker } from '../../local/broker/broker';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { findMissing, listTags } from '../../local/images/read';
import { createRegistry, type Registry } from '../../local/registry/registry';
import { freePort } from '../support/free-port';

const root = join(__dirname, '..', '..');
const topic = (name: string) => `projects/vendor/topics/${name}`;

let folder: string;
let rules: string;
let broker: Broker;
let vendor: Registry;
let acme: Registry;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-deployed-'));
  [vendor, acme, broker] = [await createRegistry(), await createRegistry(), await createBroker()];
  for (const name of ['copy-jobs', 'copy-retries', 'dead-letters']) {
    broker.createTopic(topic(name));
    broker.createSubscription({
      name: `projects/vendor/subscriptions/${name}`,
      topic: topic(name),
    });
  }
  rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `targets: { acme: { repository: '${acme.address}/acme/vendor' } }
rules: [{ name: api, source: '${vendor.address}/vendor/releases', targets: [acme] }]
`,
  );
});

afterAll(async () => {
  for (const child of running) {
    child.kill();
    await once(child, 'exit');
  }
  await Promise.all([vendor.close(), acme.close(), broker.close()]);
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
      COPY_JOBS_TOPIC: topic('copy-jobs'),
      COPY_RETRIES_TOPIC: topic('copy-retries'),
      DEAD_LETTER_TOPIC: topic('dead-letters'),
      PUBSUB_EMULATOR_HOST: broker.address,
      METADATA_SERVER_DETECTION: 'none',
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

async function deliver(origin: string, to: string, content: unknown) {
  const data = Buffer.from(JSON.stringify(content)).toString('base64');
  const message = { data, messageId: '1', publishTime: new Date().toISOString() };
  const { statusCode, body } = await request(`${origin}/${topic(to)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, subscription: 's' }),
  });
  return { status: statusCode, line: await body.text() };
}

async function expectARelease(cwd: string, tag: string, env: Record<string, string>) {
  const [plan, copy] = [await serve('planCopies', cwd, env), await serve('copyArtifact', cwd, env)];
  const content = image({ layers: [layer({ seed: tag })] });
  const { digest } = content.root;
  const repository = `${vendor.address}/vendor/releases/api`;
  await push(content, { registry: vendor.address, repository: 'vendor/releases/api', tag });

  const planned = await deliver(plan, 'gcr', {
    action: 'INSERT',
    digest: `${repository}@${digest}`,
    tag: `${repository}:${tag}`,
  });
  expect(planned).toEqual({ status: 200, line: expect.stringContaining('1 copy job') as string });
  const unwanted = await deliver(plan, 'gcr', { action: 'INSERT', tag: 'gcr.io/other/image:1' });
  expect(unwanted).toEqual({ status: 200, line: expect.stringContaining('no rule') as string });

  const copied = await deliver(copy, 'copy-jobs', {
    source: `${repository}:${tag}@${digest}`,
    target: 'acme',
  });
  expect(copied).toEqual({ status: 200, line: expect.stringContaining('copied') as string });
  const at = { registry: acme.address, repository: 'acme/vendor/api' };
  expect(await findMissing(content, at)).toEqual([]);
  expect(await listTags(at)).toContain(tag);
}

it('the package runs where only it and npm are', async () => {
  run(process.execPath, ['scripts/package.mjs', '--rules', rules, '--out', folder], root);
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
  await expectARelease(deployed, 'packed', {});
});

it('the sources run as "gcloud functions deploy --source ." uploads and builds them', async () => {
  const deployed = join(folder, 'sources');
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  const ignored = execFileSync(
    'bash',
    [
      '-c',
      'git -c core.excludesFile="$PWD/.gcloudignore" check-ignore --no-index -z --stdin || true',
    ],
    { cwd: root, input: tracked, encoding: 'utf8' },
  ).split('\0');
  const uploaded = tracked.split('\0').filter((name) => name !== '' && !ignored.includes(name));
  expect(uploaded.filter((name) => /^(infra|local|test|docs)\//.test(name))).toEqual([]);
  for (const name of uploaded) cpSync(join(root, name), join(deployed, name));

  // The build has the development packages of this checkout; the image has what npm leaves.
  symlinkSync(join(root, 'node_modules'), join(deployed, 'node_modules'));
  run('npm', ['run', 'gcp-build'], deployed);
  expect(readdirSync(join(deployed, 'dist/compile-cache'))).toHaveLength(1);
  rmSync(join(deployed, 'node_modules'));
  run('npm', INSTALL, deployed);
  await expectARelease(deployed, 'built', { RULES_FILE: rules });
});
