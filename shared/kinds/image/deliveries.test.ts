import { artifact, image } from '../../../local/images/image';
import { together } from '../../../local/images/content';
import { push } from '../../../local/images/push';
import { createArtifactRegistryServer } from '../../../local/servers/artifact-registry/artifact-registry';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import {
  createArtifactRegistry,
  type ArtifactRegistry,
  type DockerImagePage,
} from '../../google/artifact-registry';
import type { Finding } from '../../inventory/finding';
import { openInventory } from '../../inventory/inventory';
import { selectWanted } from '../../inventory/wanted';
import { createRegistryClient, type RegistryClient } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { system } from '../../system/system';
import { loadInventoryKinds } from '../kinds';
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

const RECEIPTS = { options: ', receipts: true' };

interface Asked {
  /** More of each target. */
  readonly options?: string;
  /** Whether anybody wants to know. */
  readonly isAsked?: boolean;
  /** Whether the targets are in Artifact Registry. */
  readonly isGoogles?: boolean;
  /** What Artifact Registry lists. Default: what its API does. */
  readonly listImages?: ArtifactRegistry['listImages'];
}

/** What is found at customers that hold the release. */
async function compareAll(
  targets: readonly string[],
  { options = '', isAsked = true, isGoogles = true, listImages }: Asked = {},
): Promise<Finding[]> {
  const rules = parseRules(`targets:
${targets.map((name) => `  ${name}: { repository: '${customer.address}/${name}/vendor'${options} }`).join('\n')}
rules: [{ name: all, source: gcr.io/vendor, targets: [${targets.join(', ')}] }]
`);
  const source = {
    kind: 'image' as const,
    registry: 'gcr.io',
    repository: 'vendor/api',
    tag: 'v1',
  };
  const wanted = selectWanted(rules, [
    { ...source, digest: release.root.digest, uploadedAt: UPLOADED },
  ]);
  const registryFor = (identity: string | undefined): Pick<ArtifactRegistry, 'listImages'> => {
    asked.push(identity ?? 'ourselves');
    if (listImages) return { listImages };
    const registry = createArtifactRegistry({ emulator: api.address });
    opened.push(registry);
    return registry;
  };
  const inventory = openInventory({
    ...{ kinds: await loadInventoryKinds(), clock: system.clock, registries },
    artifactRegistry: { listImages: () => Promise.reject(new Error('no source is listed here')) },
    ...{ requestsPerSecond: 1000, attachments: false },
    emulatedHosts: isGoogles ? ['127.0.0.1'] : [],
    ...(isAsked && { registryFor }),
    traffic: emptyTraffic(),
  });
  return inventory.comparisonBy(rules).compare(wanted, []);
}

async function compare(target: string, more?: Asked): Promise<Finding> {
  const [finding] = await compareAll([target], more);
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

it('comes from Artifact Registry, as the account of the target', async () => {
  await push(release, at('acme'));
  const finding = await compare('acme', {
    options: ', impersonate: a@b.iam.gserviceaccount.com',
  });
  expect(finding).toMatchObject({
    state: 'current',
    deliveredAt: new Date('2026-11-20T12:00:04Z'),
  });
  expect(asked).toEqual(['a@b.iam.gserviceaccount.com']);
});

it('comes from a receipt first, where the target gets them', async () => {
  await push(together(release, receipt('acme')), at('acme'));
  expect(await compare('acme', RECEIPTS)).toMatchObject({
    deliveredAt: new Date('2026-11-20T12:00:02.500Z'),
  });
  expect(asked).toStrictEqual([]);
  expect(await compare('acme')).toMatchObject({ deliveredAt: new Date('2026-11-20T12:00:04Z') });
});

it('is unknown where neither has it, which fails nothing', async () => {
  await push(release, at('globex'));
  const finding = await compare('globex', RECEIPTS);
  expect(finding.state).toBe('current');
  expect(finding).not.toHaveProperty('deliveredAt');
});

it('is not asked for where it is not wanted', async () => {
  await push(together(release, receipt('acme')), at('acme'));
  expect(await compare('acme', { ...RECEIPTS, isAsked: false })).not.toHaveProperty('deliveredAt');
  expect(asked).toStrictEqual([]);
});

it('is not asked of Artifact Registry about another registry', async () => {
  await push(release, at('acme'));
  const finding = await compare('acme', { isGoogles: false });
  expect(finding.state).toBe('current');
  expect(finding).not.toHaveProperty('deliveredAt');
  expect(asked).toStrictEqual([]);
});

it('is that of each destination by itself', async () => {
  await push(release, at('acme'));
  await push(release, at('globex'));
  const findings = await compareAll(['acme', 'globex']);
  const known = findings.map(
    ({ target, deliveredAt }) => `${target.name} ${deliveredAt !== undefined}`,
  );
  expect(known).toEqual(['acme true', 'globex false']);
  expect(asked).toEqual(['ourselves', 'ourselves']);
});

it('is found on any page of a list', async () => {
  await push(release, at('acme'));
  const image = { digest: release.root.digest, tags: [], size: 1, children: [] };
  const pages: readonly DockerImagePage[] = [
    { images: [{ ...image, image: 'web', uploadedAt: new Date(1) }], next: '1' },
    { images: [{ ...image, image: 'api', uploadedAt: new Date(2) }], next: '2' },
    { images: [{ ...image, image: 'api/debug', uploadedAt: new Date(3) }] },
  ];
  const listImages = (_parent: string, page = '0') => Promise.resolve(pages[Number(page)]!);
  expect(await compare('acme', { listImages })).toMatchObject({ deliveredAt: new Date(2) });
});
