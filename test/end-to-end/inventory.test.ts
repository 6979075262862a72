import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../cli/program';
import { artifact, image, index } from '../../local/images/image';
import { together, type Image } from '../../local/images/content';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { findMissing } from '../../local/images/read';
import { withClient } from '../../local/images/client';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack, type StackOptions } from '../../local/stack/stack';
import { captureTerminal } from '../support/terminal';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

const TAGS = ['1.0.0', '1.1.0', '1.2.0'];

let stack: Stack;
/** What was pushed, by `api:1.0.0`. */
const released = new Map<string, Image>();
const logs: LogEntry[] = [];

type Places = Parameters<NonNullable<StackOptions['rules']>>[0];

/** Releases everything to the customers of these names. */
const rulesFor = (names: readonly string[], { source, targets }: Places): string => {
  const named = targets.filter(({ name }) => names.includes(name));
  const lines = named.map(({ name, repository }) => `  ${name}: { repository: '${repository}' }\n`);
  return `targets:\n${lines.join('')}rules:
  - { name: releases, source: '${source}', images: ['**'], tags: { semver: '*' }, targets: [${names.join(', ')}] }
`;
};

beforeAll(async () => {
  stack = await createStack({
    port: 0,
    customers: [{ name: 'acme' }, { name: 'globex' }],
    rules: (places) => rulesFor(['acme'], places),
    broker: { timeScale: { waits: 20 } },
    onLog: (entry) => logs.push(entry),
  });
  for (const tag of TAGS) await release('api', tag);
  await release('workers/mail', '2.0.0');
  await stack.broker!.whenQuiet();
});
afterAll(() => stack.close());

async function release(path: string, tag: string): Promise<void> {
  const platforms = ['amd64', 'arm64'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    const content = layer({ seed: `${path} ${tag} ${architecture}` });
    return { image: image({ platform, layers: [content] }), platform };
  });
  const content = index({ entries: platforms, tag });
  const signature = artifact({
    subject: content.root,
    artifactType: 'application/vnd.example.sig',
  });
  const [registry = '', ...repository] = `${stack.source}/${path}`.split('/');
  const signed = together(content, signature);
  await push(signed, { registry, repository: repository.join('/') });
  released.set(`${path}:${tag}`, signed);
}

/** What a customer's registry lacks of all that was released, asked of it and of nobody else. */
async function lackingAt(customer: string): Promise<string[]> {
  const lacking = [...released].map(async ([name, content]) => {
    const [path = '', tag = ''] = name.split(':');
    const repository = `${customer}/vendor/${path}`;
    const held = await host(customer).digestOf(repository, tag);
    if (held !== content.root.digest) return [`${name} is ${held ?? 'missing'}`];
    return findMissing(content, { registry: host(customer).address, repository });
  });
  return (await Promise.all(lacking)).flat();
}

const environment = () => ({
  RULES_FILE: stack.rulesFile,
  COPY_JOBS_TOPIC: 'projects/local/topics/copy-jobs',
  ARTIFACT_REGISTRY_EMULATOR_HOST: stack.artifactRegistryAddress,
  DOCKER_CONFIG: '/nowhere',
});

async function relay(...args: readonly string[]) {
  const { terminal, stdout, stderr } = captureTerminal(environment());
  process.env['PUBSUB_EMULATOR_HOST'] = stack.pubsubAddress;
  const code = await runCli(args, terminal);
  delete process.env['PUBSUB_EMULATOR_HOST'];
  return { code, stdout: stdout(), stderr: stderr() };
}

interface Row {
  readonly target: string;
  readonly image: string;
  readonly tag: string;
  readonly state: string;
}

async function status(...args: readonly string[]): Promise<{ code: number; states: string[] }> {
  const { code, stdout, stderr } = await relay('status', '--json', ...args);
  expect(stderr).toBe('');
  const { targets } = JSON.parse(stdout) as { targets: Row[] };
  return {
    code,
    states: targets.map(
      ({ target, image: name, tag, state }) => `${target} ${name}:${tag} ${state}`,
    ),
  };
}

const host = (customer: string) => stack.customers.find(({ name }) => name === customer)!.host;

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) {
    const failure = await Promise.race([stack.failed, sleep(20)]);
    if (failure) throw failure;
  }
}

describe('the operator’s side', () => {
  it('sees what is there, brings a new customer up to date, and repairs what was broken', async () => {
    await seesAllCurrent();
    await bringsANewCustomerUpToDate();
    await healsWhatSomebodyBroke();
  });

  async function seesAllCurrent(): Promise<void> {
    expect(await status()).toEqual({
      code: 0,
      states: [
        'acme api:1.0.0 current',
        'acme api:1.1.0 current',
        'acme api:1.2.0 current',
        'acme workers/mail:2.0.0 current',
      ],
    });
  }

  async function bringsANewCustomerUpToDate(): Promise<void> {
    const before = `${stack.rulesFile}.before`;
    writeFileSync(before, readFileSync(stack.rulesFile));
    const places = { ...stack, targets: stack.customers };
    writeFileSync(stack.rulesFile, rulesFor(['acme', 'globex'], places));
    for (const each of [stack.planCopies, stack.copyArtifact, stack.reconcile]) {
      await each.restart('SIGTERM');
    }
    const planned = await relay('plan', '--base', before);
    expect(planned.stdout).toContain('4 would start, to 1 target');

    expect(await status('--target', 'globex')).toEqual({
      code: 1,
      states: [
        'globex api:1.0.0 missing',
        'globex api:1.1.0 missing',
        'globex api:1.2.0 missing',
        'globex workers/mail:2.0.0 missing',
      ],
    });
    const dryRun = await relay('backfill', '--target', 'globex');
    expect(dryRun).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Would publish 4') as unknown,
    });
    expect(await lackingAt('globex')).toEqual(
      [...released.keys()].map((name) => `${name} is missing`),
    );

    const { stdout } = await relay('backfill', '--target', 'globex', '--yes');
    expect(stdout).toContain('Published 4 copy jobs');
    await stack.broker!.whenQuiet();
    expect([await lackingAt('acme'), await lackingAt('globex')]).toEqual([[], []]);
    expect(await status('--drift')).toEqual({ code: 0, states: [] });
    expect((await relay('backfill', '--yes')).stdout).toContain('Nothing to publish');
  }

  /** Deleted, overwritten, or stripped of what was attached. */
  async function healsWhatSomebodyBroke(): Promise<void> {
    const [registry, repository] = [host('globex').address, 'globex/vendor/api'];
    await withClient({ registry, repository }, async (send) => {
      const deleted = await send('DELETE', 'manifests/1.0.0');
      expect(deleted.statusCode).toBe(202);
    });
    const other = image({ config: { seed: 'not ours' } });
    await push(other, { registry, repository, tag: '1.1.0' });
    await withClient({ registry, repository }, async (send) => {
      const digest = await host('globex').digestOf(repository, '1.2.0');
      const listed = await send('GET', `referrers/${digest}`);
      const { manifests } = (await listed.body.json()) as { manifests: { digest: string }[] };
      await send('DELETE', `manifests/${manifests[0]!.digest}`);
    });
    expect(await status('--drift')).toEqual({
      code: 1,
      states: [
        'globex api:1.0.0 missing',
        'globex api:1.1.0 stale',
        'globex api:1.2.0 attachments missing',
      ],
    });

    expect(await lackingAt('globex')).toEqual([
      'api:1.0.0 is missing',
      `api:1.1.0 is ${other.root.digest}`,
      expect.stringContaining('sha256:') as unknown,
    ]);

    logs.length = 0;
    await stack.publish('reconcile', {});
    await until(() => logs.some(({ outcome }) => outcome === 'drift'));
    await stack.broker!.whenQuiet();
    expect([await lackingAt('acme'), await lackingAt('globex')]).toEqual([[], []]);
    expect(await status('--drift')).toEqual({ code: 0, states: [] });
    expect(logs.filter(({ outcome }) => outcome === 'drift')).toEqual([
      expect.objectContaining({
        severity: 'WARNING',
        target: 'globex',
        rule: 'releases',
        missing: 1,
        stale: 1,
        attachmentsMissing: 1,
        unreachable: 0,
      }),
    ]);
    expect(logs.filter(({ outcome }) => outcome === 'compared')).toMatchObject([
      { source: stack.source, releases: 8, jobs: 3, isLast: true },
    ]);

    logs.length = 0;
    await stack.publish('reconcile', {});
    await until(() => logs.some(({ outcome }) => outcome === 'compared'));
    await stack.broker!.whenQuiet();
    expect(logs.filter(({ outcome }) => outcome === 'drift')).toStrictEqual([]);
    expect(logs.filter(({ outcome }) => outcome === 'compared')).toMatchObject([{ jobs: 0 }]);
  }

  it('says which customer cannot be asked, and why, without asking on', async () => {
    const fault = host('acme').faults.add({
      on: ['headManifest', 'getManifest'],
      answer: { status: 403 },
      times: Infinity,
    });
    const { code, stdout } = await relay('status', '--target', 'acme');
    fault.remove();
    expect(code).toBe(3);
    expect(stdout).toMatch(/4 of 4 copies differ: 4 unreachable/);
    expect(stdout).toMatch(
      /acme: target-denied: could not look up .*\n {2}Sign in with an account/,
    );
  });
});
