import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createArtifactRegistryServer } from '../local/servers/artifact-registry/artifact-registry';
import { catalogByProject, catalogOf } from '../local/servers/artifact-registry/catalog';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const CUSTOMERS = Array.from({ length: 200 }, (_, at) => `customer-${at}`);
const folder = mkdtempSync(join(tmpdir(), 'relay-requests-'));
const rulesFile = join(folder, 'rules.yaml');

let vendor: Registry;
let hub: Registry;
let customers: Registry;
let lists: string[];
let api: { address: string; close: () => Promise<void> };

beforeAll(async () => {
  [vendor, hub, customers] = [
    await createRegistry(),
    await createRegistry(),
    await createRegistry(),
  ];
  const theirs = [vendor, hub, customers].map((one) => catalogOf(one));
  const catalog = catalogByProject(
    theirs[0]!,
    new Map([['hub', theirs[1]!], ...CUSTOMERS.map((name) => [name, theirs[2]!] as const)]),
  );
  api = await createArtifactRegistryServer({
    catalog,
    onCall: ({ method, request }) => void lists.push(`${method} ${JSON.stringify(request)}`),
  });
  writeFileSync(
    rulesFile,
    `targets:
  hub: { repository: '${hub.address}/hub/all' }
${CUSTOMERS.map((name) => `  ${name}: { repository: '${customers.address}/${name}/in' }`).join('\n')}
groups: { everyone: [${CUSTOMERS.join(', ')}] }
rules:
  - { name: out, source: '${vendor.address}/vendor/releases', images: [api, web], targets: [hub] }
  - { name: everyone, source: '${hub.address}/hub/all', images: [api, web], targets: [everyone] }
  - { name: other, source: '${vendor.address}/vendor/other', images: [tool], targets: [everyone] }
`,
  );
  const tool = { registry: vendor.address, repository: 'vendor/other/tool', tag: '1' };
  await push(image({ config: { seed: 'tool' } }), tool);
  for (const tag of ['1', '2', '3']) {
    for (const name of ['api', 'web']) {
      const content = image({ config: { seed: `${name} ${tag}` } });
      const at = ({ address: registry }: Registry, path: string) => ({
        ...{ registry, repository: `${path}/${name}`, tag },
      });
      await push(content, at(vendor, 'vendor/releases'));
      await push(content, at(hub, 'hub/all'));
      await push(content, at(customers, 'customer-7/in'));
    }
  }
});
beforeEach(() => {
  lists = [];
  for (const one of [vendor, hub, customers]) one.requests.reset();
});
afterAll(async () => {
  await Promise.all([vendor.close(), hub.close(), customers.close(), api.close()]);
  rmSync(folder, { recursive: true });
});

async function status(...args: string[]) {
  const { terminal, stdout } = captureTerminal({
    ...{ RULES_FILE: rulesFile, DOCKER_CONFIG: folder },
    ARTIFACT_REGISTRY_EMULATOR_HOST: api.address,
  });
  await runCli(['status', ...args, '--no-deliveries', '--rate', '10000', '--json'], terminal);
  return JSON.parse(stdout()) as { targets: object[]; requests: number };
}

it('asks for one release at its targets and at the hub that it passes, each once', async () => {
  const { targets, requests } = await status('api:2', '-t', 'everyone');
  expect(targets).toHaveLength(200);
  expect(customers.requests.counts()['headManifest']).toBe(200);
  expect(hub.requests.counts()['headManifest']).toBe(1);
  // What is attached at the source of the hub, and at that of customer-7, the only one that holds the release.
  expect(requests).toBe(203);
  expect(lists).toHaveLength(2);
});

it('asks for what one target lacks, and only its part of the hub', async () => {
  const { targets } = await status('-t', 'customer-7', '--image', 'web', '--tag', '3');
  expect(targets).toHaveLength(1);
  expect(hub.requests.counts()['headManifest']).toBe(1);
  expect(customers.requests.counts()['headManifest']).toBe(1);
});
