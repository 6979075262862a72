import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../cli/program';
import { artifact, image, index } from '../../local/images/image';
import { together } from '../../local/images/content';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { withClient } from '../../local/images/client';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack, type StackOptions } from '../../local/stack/stack';
import { captureTerminal } from '../support/terminal';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

const TAGS = ['1.0.0', '1.1.0', '1.2.0'];

let stack: Stack;
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
  const released = index({ entries: platforms, tag });
  const signature = artifact({
    subject: released.root,
    artifactType: 'application/vnd.example.sig',
  });
  const [registry = '', ...repository] = `${stack.source}/${path}`.split('/');
  await push(together(released, signature), { registry, repository: repository.join('/') });
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
  it('sees everything current while the events did their work', async () => {
    expect(await status()).toEqual({
      code: 0,
      states: [
        'acme api:1.0.0 current',
        'acme api:1.1.0 current',
        'acme api:1.2.0 current',
        'acme workers/mail:2.0.0 current',
      ],
    });
  });

  it('brings a new customer up to date through the functions', async () => {
    const before = `${stack.rulesFile}.before`;
    writeFileSync(before, readFileSync(stack.rulesFile));
    const places = { source: stack.source, targets: stack.customers };
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
    expect((await status('--target', 'globex', '--drift')).states).toHaveLength(4);

    const { stdout } = await relay('backfill', '--target', 'globex', '--yes');
    expect(stdout).toContain('Published 4 copy jobs');
    await stack.broker!.whenQuiet();
    expect(await status('--drift')).toEqual({ code: 0, states: [] });
    expect((await relay('backfill', '--yes')).stdout).toContain('Nothing to publish');
  });

  it('heals what somebody deleted, overwrote or stripped at a target', async () => {
    const [registry, repository] = [host('globex').address, 'globex/vendor/api'];
    await withClient({ registry, repository }, async (send) => {
      const deleted = await send('DELETE', 'manifests/1.0.0');
      expect(deleted.statusCode).toBe(202);
    });
    await push(image({ config: { seed: 'not ours' } }), { registry, repository, tag: '1.1.0' });
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

    logs.length = 0;
    await stack.publish('reconcile', {});
    await until(() => logs.some(({ outcome }) => outcome === 'drift'));
    await stack.broker!.whenQuiet();
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
  });

  it('says which customer cannot be asked, and why, without asking on', async () => {
    const fault = host('acme').faults.add({
      on: ['headManifest', 'getManifest'],
      answer: { status: 403 },
      times: Infinity,
    });
    const { code, stdout } = await relay('status', '--target', 'acme');
    fault.remove();
    expect(code).toBe(1);
    expect(stdout).toMatch(/acme: 4 unreachable/);
    expect(stdout).toMatch(/acme: target-denied: could not look up .*\n {2}The customer grants/);
  });

  it.each([
    [
      ['status', '--csv', '--tag', '2.0.0'],
      0,
      /^target,rule,.*\r\nacme,releases,workers\/mail,2\.0\.0,current,/,
    ],
    [['backfill', '--yes'], 0, /^Nothing to publish/],
    [['plan', '--base', 'RULES'], 0, /^Nothing changes/],
    [['status', '--target', 'nobody'], 2, /^$/],
  ] as const)(
    '%j ends as a process with %d, and writes results alone',
    async (args, code, expected) => {
      const words = args.map((word) => (word === 'RULES' ? stack.rulesFile : word));
      const child = spawn(process.execPath, ['dist/cli/index.js', ...words], {
        env: { ...environment(), PUBSUB_EMULATOR_HOST: stack.pubsubAddress },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
      expect(child.exitCode).toBe(code);
      expect(output).toMatch(expected);
    },
  );
});
