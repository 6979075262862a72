import { signature } from '../../../local/images/attachments';
import { together } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { push } from '../../../local/images/push';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import { createJumpingClock } from '../../../test/support/jumping-clock';
import { createCopyCaches } from '../../copying/caches';
import { createRegistryClient, type OpenOptions, type RegistryClient } from '../../oci/client';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { emptyTraffic } from '../../oci/http/traffic';
import type { Reference } from '../../oci/reference';
import { imageReference } from './rule';
import type { HandAttempt, HandOptions } from '../kind';
import { imageHandCopy } from './image-copy';

const digest = `sha256:${'a'.repeat(64)}`;

it('takes all that can be said about a copy', () => {
  expect([...imageHandCopy.takes].sort()).toEqual([
    'attachments',
    'concurrency',
    'immutable',
    'platform',
    'repair',
    'verify',
  ]);
});

it.each([
  ['gcr.io/v/api', 'gcr.io/a/api:v1', 'The source needs a :tag or a @digest.'],
  [
    'gcr.io/v/api:v1',
    `gcr.io/a/api@${digest}`,
    'The destination takes a :tag; its digest follows from what is copied.',
  ],
  [
    `gcr.io/v/api@${digest}`,
    'gcr.io/a/api',
    'A source without a tag needs a destination with one.',
  ],
  [`gcr.io/v/api@${digest}`, 'gcr.io/a/api:v1', undefined],
  ['gcr.io/v/api:v1', 'gcr.io/a/api', undefined],
  ['gcr.io/v/api:v1', 'gcr.io/a/other:v2', undefined],
  [`gcr.io/v/api:v1@${digest}`, 'gcr.io/a/api', undefined],
])('from %s to %s', (source, destination, expected) => {
  const ends = [imageReference.parse(source), imageReference.parse(destination)] as const;
  expect(imageHandCopy.problem(...ends)).toBe(expected);
});

describe('a copy', () => {
  const clock = createJumpingClock();
  const system = { clock, random: () => 0.5 };
  const linux = (architecture: string) => ({ os: 'linux', architecture });
  const api = image({ layers: [layer({ seed: 'api' })], tag: 'v1' });
  let vendor: Registry;
  let acme: Registry;
  let client: RegistryClient;
  let opened: (OpenOptions & Reference)[];
  let seen: number;
  let attempt: HandAttempt;

  beforeEach(async () => {
    [vendor, acme] = [await createRegistry(), await createRegistry()];
    client = createRegistryClient({ plainHttpHosts: ['127.0.0.1'], ...system });
    [opened, seen] = [[], 0];
    attempt = {
      ...system,
      registries: {
        ...client,
        open(name, options) {
          opened.push({ ...name, ...options });
          return client.open(name, options);
        },
      },
      caches: createCopyCaches(clock),
      signal: new AbortController().signal,
      traffic: emptyTraffic(),
      retryBudget: createRetryBudget(),
      repair: false,
      blobConcurrency: 2,
    };
    await push(together(api, signature(api.root)), at(vendor, 'vendor/api'));
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([vendor.close(), acme.close()]);
  });

  const at = ({ address }: Registry, repository: string, more: Partial<Reference> = {}) => ({
    kind: 'image' as const,
    registry: address,
    repository,
    ...more,
  });

  function copy(
    from: Partial<Reference>,
    to: Partial<Reference> = {},
    options: Partial<HandOptions> = {},
  ) {
    const ends = { source: at(vendor, 'vendor/api', from), destination: at(acme, 'acme/api', to) };
    const onProgress = () => {
      seen++;
    };
    return imageHandCopy.copy(
      ends,
      { attachments: true, immutable: false, verify: false, onProgress, ...options },
      attempt,
    );
  }

  it('keeps its tag where no other is given', async () => {
    expect(await copy({ tag: 'v1' })).toMatchObject({
      outcome: 'copied',
      destination: `${acme.address}/acme/api:v1`,
      attachments: 1,
    });
    expect(await acme.tags('acme/api')).toEqual(['v1']);
    expect(seen).toBeGreaterThan(0);
    expect(attempt.traffic.requests).toBeGreaterThan(0);
  });

  it('reads the source, and writes to the destination, as one attempt', async () => {
    const { signal, traffic, retryBudget } = attempt;
    const shared = { signal, traffic, retryBudget, recheckReferrersApi: false };
    await copy({ tag: 'v1' });
    expect(opened).toEqual([
      { ...at(vendor, 'vendor/api', { tag: 'v1' }), access: 'pull', ...shared },
      { ...at(acme, 'acme/api'), access: 'push', ...shared },
    ]);
  });

  it('asks again for a referrers API that seemed to be missing when it repairs', async () => {
    vendor.faults.add({ on: 'listReferrers', times: 2, answer: { status: 404 } });
    expect(await copy({ tag: 'v1' })).toMatchObject({ outcome: 'copied', attachments: 0 });
    attempt = { ...attempt, repair: true };
    expect(await copy({ tag: 'v1' })).toMatchObject({ outcome: 'copied', attachments: 1 });
  });

  it('takes another tag', async () => {
    await copy({ tag: 'v1' }, { tag: 'stable' });
    expect(await acme.tags('acme/api')).toEqual(['stable']);
  });

  it('brings a digest to a tag, whatever else the source has', async () => {
    await push(image({ config: { later: true }, tag: 'v1' }), at(vendor, 'vendor/api'));
    await copy({ digest: api.root.digest }, { tag: 'pinned' });
    expect(await acme.digestOf('acme/api', 'pinned')).toBe(api.root.digest);
  });

  it('follows its options', async () => {
    const platforms = ['amd64', 'arm64'].map((architecture) => ({
      image: image({ platform: linux(architecture), layers: [layer({ seed: architecture })] }),
      platform: linux(architecture),
    }));
    const whole = index({ entries: platforms, tag: 'v2' });
    await push(whole, at(vendor, 'vendor/api'));
    const part = await copy({ tag: 'v2' }, {}, { platforms: [linux('arm64')], attachments: false });
    expect(part.digest).not.toBe(whole.root.digest);
    await expect(copy({ tag: 'v2' }, {}, { immutable: true })).rejects.toMatchObject({
      name: 'TagConflictError',
    });
    acme.requests.reset();
    await copy({ tag: 'v1' }, {}, { attachments: false, verify: true });
    expect(acme.requests.of('getManifest')).toHaveLength(1);
    expect(await copy({ tag: 'v1' })).toMatchObject({ outcome: 'current' });
    attempt = { ...attempt, repair: true };
    expect(await copy({ tag: 'v1' })).toMatchObject({ outcome: 'copied', attachments: 1 });
  });

  it('ends with the attempt', async () => {
    attempt = { ...attempt, signal: AbortSignal.abort(new Error('enough')) };
    await expect(copy({ tag: 'v1' })).rejects.toMatchObject({ name: 'CopyAbortedError' });
  });
});
