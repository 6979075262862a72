import { artifact, image } from '../../../local/images/image';
import { together } from '../../../local/images/content';
import { push } from '../../../local/images/push';
import { createArtifactRegistryServer } from '../../../local/servers/artifact-registry/artifact-registry';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import { createArtifactRegistry, type ArtifactRegistry } from '../../google/artifact-registry';
import type { Finding } from '../../inventory/finding';
import { openInventory } from '../../inventory/inventory';
import { selectWanted } from '../../inventory/wanted';
import { createRegistryClient, type RegistryClient } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { system } from '../../system/system';
import { INVENTORY_KINDS } from '../listings';
import { parseRules } from '../rules';

const UPLOADED = new Date('2026-11-20T12:00:00Z');
const release = image({ config: { seed: 'release' } });

let customer: Registry;
let registries: RegistryClient;
let api: { address: string; close: () => Promise<void> };
let asked: string[];
const opened: ArtifactRegistry[] = [];

beforeEach(async () => {
  asked = [];
  customer = await createRegistry();
  registries = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  const listed = { image: 'api', digest: release.root.digest, tags: ['v1'], size: 1 };
  const mediaType = release.root.mediaType;
  api = await createArtifactRegistryServer({
    catalog: {
      images: (project) =>
        Promise.resolve(
          project === 'acme'
            ? [{ ...listed, mediaType, uploadedAt: UPLOADED.getTime() + 4000 }]
            : undefined,
        ),
      repositories: () => Promise.resolve([]),
    },
  });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  await Promise.all([registries.close(), customer.close(), api.close()]);
});

/** What is found at a customer that holds the release. */
async function compare(target: string, options = '', isAsked = true): Promise<Finding> {
  const rules = parseRules(`targets:
  it: { repository: '${customer.address}/${target}/vendor'${options} }
rules: [{ name: all, source: gcr.io/vendor, targets: [it] }]
`);
  const source = { registry: 'gcr.io', repository: 'vendor/api', tag: 'v1' };
  const wanted = selectWanted(rules, [
    { ...source, digest: release.root.digest, uploadedAt: UPLOADED },
  ]);
  const registryFor = (identity: string | undefined): ArtifactRegistry => {
    asked.push(identity ?? 'ourselves');
    const registry = createArtifactRegistry({ emulator: api.address });
    opened.push(registry);
    return registry;
  };
  const inventory = openInventory({
    ...{ kinds: INVENTORY_KINDS, clock: system.clock, registries },
    artifactRegistry: { listImages: () => Promise.reject(new Error('no source is listed here')) },
    ...{ emulatedHosts: ['127.0.0.1'], requestsPerSecond: 1000, attachments: false },
    ...(isAsked && { registryFor }),
    traffic: emptyTraffic(),
  });
  const [finding] = await inventory.comparisonBy(rules).compare(wanted, []);
  return finding!;
}

const at = (project: string) => ({
  registry: customer.address,
  repository: `${project}/vendor/api`,
  tag: 'v1',
});

/** As copyArtifact would attach it. */
const receipt = (project: string) =>
  artifact({
    artifactType: 'application/vnd.in-toto+json',
    subject: release.root,
    annotations: {
      'org.opencontainers.image.created': '2026-11-20T12:00:02.500Z',
      'dev.registry-relay.receipt.destination': `${customer.address}/${project}/vendor/api:v1`,
      'dev.registry-relay.receipt.rule': 'all',
    },
  });

it('is told by Artifact Registry, as the account of the target', async () => {
  await push(release, at('acme'));
  const finding = await compare('acme', ', impersonate: a@b.iam.gserviceaccount.com');
  expect(finding).toMatchObject({
    state: 'current',
    deliveredAt: new Date('2026-11-20T12:00:04Z'),
  });
  expect(asked).toEqual(['a@b.iam.gserviceaccount.com']);
});

it('is told by a receipt first, where the target gets them', async () => {
  await push(together(release, receipt('acme')), at('acme'));
  expect(await compare('acme', ', receipts: true')).toMatchObject({
    deliveredAt: new Date('2026-11-20T12:00:02.500Z'),
  });
  expect(asked).toEqual([]);
  expect(await compare('acme')).toMatchObject({ deliveredAt: new Date('2026-11-20T12:00:04Z') });
});

it('is not known where neither tells, which fails nothing', async () => {
  await push(release, at('globex'));
  const finding = await compare('globex', ', receipts: true');
  expect(finding.state).toBe('current');
  expect(finding).not.toHaveProperty('deliveredAt');
});

it('is not asked where nobody wants to know', async () => {
  await push(together(release, receipt('acme')), at('acme'));
  expect(await compare('acme', ', receipts: true', false)).not.toHaveProperty('deliveredAt');
  expect(asked).toEqual([]);
});
