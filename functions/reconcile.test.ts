import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArtifactRegistryServer } from '../local/servers/artifact-registry/artifact-registry';
import { catalogOf } from '../local/servers/artifact-registry/catalog';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { deliverTo, deployTopics, subscriptionNamed } from '../test/support/deployment';
import { InvalidConfigError } from './environment';
import { parseConfig } from './reconcile/config';

const folder = mkdtempSync(join(tmpdir(), 'relay-reconcile-'));

let broker: Broker;
let vendor: Registry;
let acme: Registry;
let close: () => Promise<void>;
let lines: Record<string, unknown>[] = [];

const deliver = (body: object) => deliverTo('reconcile', 'reconcile', body);

const outstanding = (name: string): number => broker.counters(subscriptionNamed(name)).outstanding;

beforeAll(async () => {
  [vendor, acme, broker] = [await createRegistry(), await createRegistry(), await createBroker()];
  const server = await createArtifactRegistryServer({ catalog: catalogOf(vendor) });
  close = () => server.close();
  const rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `targets: { acme: { repository: '${acme.address}/acme/vendor' } }
rules: [{ name: all, source: '${vendor.address}/vendor/releases', targets: [acme] }]
`,
  );
  Object.assign(process.env, {
    RULES_FILE: rules,
    ...deployTopics(broker),
    ARTIFACT_REGISTRY_EMULATOR_HOST: server.address,
  });
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(JSON.parse(String(line)) as Record<string, unknown>);
    return true;
  });
  await import('./index.js');
});
beforeEach(() => (lines = []));
afterAll(async () => {
  jest.restoreAllMocks();
  await Promise.all([close(), broker.close(), vendor.close(), acme.close()]);
  rmSync(folder, { recursive: true });
});

describe('reconcile under the framework', () => {
  it('turns the scheduler’s message into a part for each source', async () => {
    const { status, text } = await deliver({});
    expect([status, text]).toEqual([200, '1 source to compare']);
    expect(outstanding('reconcile')).toBe(1);
  });

  it('publishes what a target lacks, and logs one record for it', async () => {
    const repository = 'vendor/releases/api';
    for (const tag of ['1', '2']) {
      await push(image({ config: { seed: tag } }), { registry: vendor.address, repository, tag });
    }
    const source = `${vendor.address}/vendor/releases`;
    const { text } = await deliver({ source });
    expect(text).toBe('2 releases compared, 2 copy jobs published');
    expect(outstanding('copy-jobs')).toBe(2);
    expect(lines).toMatchObject([
      { severity: 'WARNING', outcome: 'drift', target: 'acme', rule: 'all', missing: 2 },
      { severity: 'INFO', outcome: 'compared', source, jobs: 2 },
    ]);
  });

  it('dead-letters a message that is not a part', async () => {
    const { status, text } = await deliver({ source: 7 });
    expect(status).toBe(200);
    expect(text).toContain('dead-lettered');
    expect(outstanding('dead-letters')).toBe(1);
  });
});

it('does not start without its topics', () => {
  expect(() => parseConfig({ RULES_FILE: join(folder, 'rules.yaml') })).toThrow(InvalidConfigError);
});
