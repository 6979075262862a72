import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../cli/program';
import { withClient } from '../../local/images/client';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { findMissing } from '../../local/images/read';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack } from '../../local/stack/stack';
import { captureTerminal } from '../support/terminal';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

/** Hubs are repositories at the vendor's registry, which lists them as Artifact Registry does. */
const HUBS = ['eu', 'asia'] as const;
const CUSTOMERS = ['near', 'far'] as const;
const release = image({ layers: [layer({ seed: 'release' })], tag: '1.4.2' });

let stack: Stack;
const logs: LogEntry[] = [];

beforeAll(async () => {
  stack = await createStack({
    port: 0,
    customers: CUSTOMERS.map((name) => ({ name })),
    rules({ source, targets }) {
      const hub = (name: string): string => `${source.split('/')[0]!}/${name}/hub`;
      const places = [
        ...HUBS.map((name) => `  ${name}: { repository: '${hub(name)}' }`),
        ...targets.map(({ name, repository }) => `  ${name}: { repository: '${repository}' }`),
      ];
      return `targets:
${places.join('\n')}
rules:
  - { name: out, source: '${source}', targets: [eu] }
  - { name: on, source: '${hub('eu')}', targets: [asia, near] }
  - { name: last, source: '${hub('asia')}', targets: [far] }
`;
    },
    broker: { timeScale: { waits: 20 } },
    onLog: (entry) => logs.push(entry),
  });
});
afterAll(() => stack.close());

type Place = (typeof HUBS)[number] | (typeof CUSTOMERS)[number];

function at(place: Place): { registry: string; repository: string } {
  const customer = stack.customers.find(({ name }) => name === place);
  return customer === undefined
    ? { registry: stack.vendor.address, repository: `${place}/hub/api` }
    : { registry: customer.host.address, repository: `${place}/vendor/api` };
}

async function states(): Promise<string[]> {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: stack.rulesFile,
    ARTIFACT_REGISTRY_EMULATOR_HOST: stack.artifactRegistryAddress,
    DOCKER_CONFIG: '/nowhere',
  });
  await runCli(['status', '--json'], terminal);
  expect(stderr()).toBe('');
  const { targets } = JSON.parse(stdout()) as { targets: { target: string; state: string }[] };
  return targets.map(({ target, state }) => `${target} ${state}`).toSorted();
}

async function lose(place: Place): Promise<void> {
  await withClient(at(place), async (send) => {
    const { statusCode } = await send('DELETE', 'manifests/1.4.2');
    expect(statusCode).toBe(202);
  });
}

async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await happened())) {
    const failure = await Promise.race([stack.failed, sleep(20)]);
    if (failure) throw failure;
  }
}

/** Waits until all have the release, and nothing is under way. */
async function everywhere(): Promise<void> {
  for (const place of [...HUBS, ...CUSTOMERS]) {
    await until(async () => (await findMissing(release, at(place))).length === 0);
    await until(async () => (await heldAt(place)) === release.root.digest);
  }
  await stack.broker!.whenQuiet();
}

async function heldAt(place: Place): Promise<string | undefined> {
  const customer = stack.customers.find(({ name }) => name === place);
  return (customer?.host ?? stack.vendor).digestOf(at(place).repository, '1.4.2');
}

async function reconcile(): Promise<void> {
  logs.length = 0;
  await stack.publish('reconcile', {});
  await until(() => logs.some(({ outcome, isLast }) => outcome === 'compared' && isLast === true));
  await everywhere();
}

const ALL_CURRENT = ['asia current', 'eu current', 'far current', 'near current'];

it('distinguishes waiting from missing over three hops, and repairs losses hop by hop', async () => {
  const [registry = '', ...path] = `${stack.source}/api`.split('/');
  await push(release, { registry, repository: path.join('/') });
  await everywhere();
  expect(await states()).toEqual(ALL_CURRENT);

  await lose('asia');
  await lose('far');
  await push(image({ config: { seed: 'not ours' } }), { ...at('near'), tag: '1.4.2' });
  expect(await states()).toEqual(['asia missing', 'eu current', 'far waiting', 'near stale']);

  await reconcile();
  const drift = logs.filter(({ outcome }) => outcome === 'drift');
  expect(drift.map(({ target, rule }) => [target, rule]).toSorted()).toEqual([
    ['asia', 'on'],
    ['near', 'on'],
  ]);
  expect(await states()).toEqual(ALL_CURRENT);

  await reconcile();
  expect(logs.filter(({ outcome }) => outcome === 'drift')).toStrictEqual([]);
});
