import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../cli/program';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack } from '../../local/stack/stack';
import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import { captureTerminal } from '../support/terminal';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

let stack: Stack;
const logs: LogEntry[] = [];

beforeAll(async () => {
  stack = await createStack({
    port: 0,
    customers: [{ name: 'acme', wants: ['template', 'object'] }],
    broker: { timeScale: { waits: 20 } },
    onLog: (entry) => logs.push(entry),
  });
  const [registry = '', ...repository] = `${stack.source}/api`.split('/');
  await push(image(), { registry, repository: repository.join('/'), tag: '1.0.0' });
  for (const seed of ['1.0.0', '1.1.0']) await publish('train', seed);
  for (const name of ['a', 'b', 'c']) store(name, `${name} 1`);
});
// Each test begins with a customer who has what the vendor has.
beforeEach(arrival);
afterAll(() => stack.close());

const publish = (name: string, tag: string, seed = tag) =>
  pushTemplate(
    { origin: stack.vendorTemplates.origin, repository: 'vendor/pipelines' },
    pipeline(name, seed),
    [tag],
  );
const store = (name: string, content: string) =>
  stack.storage.put('vendor-releases', `models/${name}.bin`, content);

/** What acme's servers hold, asked of them and of nobody else. */
async function heldByAcme(): Promise<string[]> {
  const tags = await stack.customers[0]!.templateHost!.tags('acme/pipelines/train');
  const objects = stack.storage.list('acme-models').map(({ name, content }) => {
    return `${name} ${content.crc32c}`;
  });
  return [...tags.map(({ tag, version }) => `train:${tag} ${version}`), ...objects];
}

async function heldByVendor(): Promise<string[]> {
  const tags = await stack.vendorTemplates.tags('vendor/pipelines/train');
  const objects = stack.storage.list('vendor-releases').map(({ name, content }) => {
    return `${name.replace('models/', '')} ${content.crc32c}`;
  });
  return [...tags.map(({ tag, version }) => `train:${tag} ${version}`), ...objects];
}

async function relay(...args: readonly string[]) {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: stack.rulesFile,
    COPY_JOBS_TOPIC: 'projects/local/topics/copy-jobs',
    DEAD_LETTER_SUBSCRIPTION: 'projects/local/subscriptions/dead-letters',
    STORAGE_EMULATOR_HOST: stack.storage.origin,
    ARTIFACT_REGISTRY_EMULATOR_HOST: stack.artifactRegistryAddress,
    LOGGING_EMULATOR_HOST: stack.loggingAddress,
    DOCKER_CONFIG: '/nowhere',
  });
  process.env['PUBSUB_EMULATOR_HOST'] = stack.pubsubAddress;
  const code = await runCli(args, terminal);
  delete process.env['PUBSUB_EMULATOR_HOST'];
  return { code, stdout: stdout(), stderr: stderr() };
}

async function drift(): Promise<string[]> {
  const { stdout } = await relay('status', '--json', '--drift');
  const { targets } = JSON.parse(stdout) as { targets: Record<string, string>[] };
  return targets.map((row) => `${row['kind']} ${row['image']}:${row['tag']} ${row['state']}`);
}

/** Takes one of each kind away from acme, and replaces one. */
function damage(): void {
  stack.storage.remove('acme-models', 'a.bin');
  stack.storage.put('acme-models', 'b.bin', 'not ours');
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

/** Waits until acme holds what the vendor has, and the relay has nothing left to do. */
async function arrival(): Promise<void> {
  await until(async () => (await heldByAcme()).join() === (await heldByVendor()).join());
  await stack.broker!.whenQuiet();
  expect(await heldByAcme()).toEqual(await heldByVendor());
}

it('releases templates and objects by their events', async () => {
  expect(await heldByAcme()).toHaveLength(5);
  expect(await drift()).toStrictEqual([]);
});

it('follows an object that is replaced, and a tag that moves', async () => {
  store('c', 'c 2');
  await publish('train', '1.1.0', 'another');
  await arrival();
});

it('follows what an object says about itself, without a new generation', async () => {
  const { generation } = stack.storage.describe('vendor-releases', 'models/c.bin', {
    contentType: 'application/x-model',
    metadata: { stage: 'prod' },
  });
  const held = () => stack.storage.find('acme-models', 'c.bin')!.description;
  await until(() => held().contentType === 'application/x-model');
  expect(held().metadata).toMatchObject({
    stage: 'prod',
    'registry-relay-source': `gs://vendor-releases/models/c.bin#${generation}`,
  });
  await stack.broker!.whenQuiet();
  expect(await drift()).toStrictEqual([]);
});

it('brings back what a target lost, by backfill', async () => {
  damage();
  const origin = stack.customers[0]!.templateHost!.origin;
  const name = 'projects/acme/locations/local/repositories/pipelines/packages/train';
  await fetch(`${origin}/v1/${name}/tags/1.0.0`, { method: 'DELETE' });
  expect((await drift()).sort()).toEqual([
    'object a.bin: missing',
    'object b.bin: stale',
    'template train:1.0.0 missing',
  ]);
  const { code, stdout } = await relay('backfill', '--yes');
  expect(code).toBe(0);
  expect(stdout).toMatch(/Published 3 copy jobs, up to .*, and 1 of unknown size/);
  await arrival();
});

it('heals the same by itself', async () => {
  damage();
  logs.length = 0;
  await stack.publish('reconcile', {});
  await until(() => logs.some(({ outcome }) => outcome === 'drift'));
  await arrival();
  expect(logs.filter(({ outcome }) => outcome === 'drift')).toMatchObject([
    { target: 'acme', rule: 'models', missing: 1, stale: 1, unreachable: 0 },
  ]);
});

it('publishes one again by hand, and keeps what no rule allows as a dead letter', async () => {
  // What arrived may not be logged yet.
  await stack.broker!.whenQuiet();
  stack.storage.remove('acme-models', 'a.bin');
  const status = await relay('status', 'gs://vendor-releases/models/a.bin', '-t', 'acme', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    targets: [{ state: 'missing', why: 'changed after delivery' }],
  });
  const again = await relay('republish', 'gs://vendor-releases/models/a.bin', '--yes');
  expect(again.stdout).toContain('gs://vendor-releases/models/a.bin -> acme (models)');
  await stack.publish('copy-jobs', {
    kind: 'object',
    source: 'gs://vendor-releases/secret.bin',
    target: 'acme',
  });
  await arrival();
  const { stdout } = await relay('dead-letters', 'list', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    deadLetters: [
      { reason: 'not-allowed', source: 'gs://vendor-releases/secret.bin', target: 'acme' },
    ],
  });
});
