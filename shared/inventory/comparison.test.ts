import { artifact, image, index } from '../../local/images/image';
import { together, type Image } from '../../local/images/content';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import {
  createRegistry,
  type Registry,
  type RegistryOptions,
} from '../../local/servers/registry/registry';
import { createCopyCaches } from '../copying/caches';
import { copyImage } from '../kinds/image/copy';
import { createRegistryClient, type RegistryClient } from '../oci/client';
import { emptyTraffic } from '../oci/http/traffic';
import { fallbackTag } from '../oci/digest-tag';
import { OCI_INDEX } from '../oci/media-types';
import { parseReference } from '../oci/reference';
import { parseRules } from '../kinds/rules';
import type { Finding } from './finding';
import { INVENTORY_KINDS } from '../kinds/listings';
import { openInventory } from './inventory';
import { tagOf } from '../kinds/references';
import type { SourceTag } from '../kinds/common/tagged';
import { selectWanted, type Wanted } from './wanted';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { systemClock } from '../system/clock';
import { system } from '../system/system';

let source: Registry;
let target: Registry;
let client: RegistryClient;

async function start(options: { source?: RegistryOptions; target?: RegistryOptions } = {}) {
  source = await createRegistry(options.source);
  target = await createRegistry(options.target);
  client = createRegistryClient({
    plainHttpHosts: ['127.0.0.1'],
    clock: createJumpingClock(),
    random: Math.random,
  });
}
afterEach(() => Promise.all([client.close(), source.close(), target.close()]));

const rules = (options = '') =>
  parseRules(`targets: { acme: { repository: '${target.address}/acme' } }
rules: [{ name: all, source: '${source.address}/vendor', images: [api]${options}, targets: [acme] }]
`);

const publish = (content: Image, tag: string) =>
  push(content, { registry: source.address, repository: 'vendor/api', tag });
const deliver = (content: Image, tag: string) =>
  push(content, { registry: target.address, repository: 'acme/api', tag });

/** Lists and compares as `status` does, with what the list said changed by `stale`. */
async function compare(
  options = '',
  { attachments = true, listed = (tag: SourceTag) => tag } = {},
): Promise<{ findings: Finding[]; wanted: Wanted[]; requests: number }> {
  const parsed = rules(options);
  const traffic = emptyTraffic();
  const { listingOf, comparisonBy } = openInventory({
    kinds: INVENTORY_KINDS,
    clock: systemClock,
    registries: client,
    artifactRegistry: { listImages: () => Promise.reject(new Error('not asked')) },
    emulatedHosts: [],
    requestsPerSecond: 1000,
    attachments,
    traffic,
  });
  const tags = (await listingOf(parsed.rules[0]!).page()).releases.map((release) =>
    'tag' in release ? listed(release) : release,
  );
  const wanted = selectWanted(parsed, tags);
  const before = traffic.requests;
  const findings = await comparisonBy(parsed).compare(wanted, tags);
  return { findings, wanted, requests: traffic.requests - before };
}

const states = ({ findings }: { findings: Finding[] }) =>
  findings.map(({ source, state }) => `${tagOf(source)} ${state}`);

const platforms = ['amd64', 'arm64'].map((architecture) => {
  const platform = { os: 'linux', architecture };
  return { platform, image: image({ platform, layers: [layer({ seed: architecture })] }) };
});
const multi = index({ entries: platforms });
const plain = image({ config: { seed: 'plain' } });
const other = image({ config: { seed: 'other' } });

describe('a target', () => {
  it('is current, lacks, or holds something else', async () => {
    await start();
    for (const tag of ['1', '2', '3']) await publish(plain, tag);
    await deliver(plain, '1');
    await deliver(other, '2');
    const result = await compare();
    expect(states(result)).toEqual(['1 current', '2 stale', '3 missing']);
    expect(result.findings[1]).toMatchObject({
      digest: plain.root.digest,
      held: other.root.digest,
    });
  });

  it('is asked once for each release where the list knows the digests', async () => {
    await start();
    for (const tag of ['1', '2', '3']) await publish(plain, tag);
    const { requests } = await compare('', {
      attachments: false,
      listed: (tag) => ({ ...tag, digest: plain.root.digest }),
    });
    expect(requests).toBe(3);
  });

  it('is not taken for stale because the list is', async () => {
    await start();
    await publish(plain, '1');
    await deliver(plain, '1');
    const result = await compare('', { listed: (tag) => ({ ...tag, digest: other.root.digest }) });
    expect(states(result)).toEqual(['1 current']);
  });

  it('that may not move its tags has a conflict that no job can end', async () => {
    await start();
    await publish(plain, '1');
    await deliver(other, '1');
    const { findings } = await compare(', immutable: true');
    expect(findings).toMatchObject([{ state: 'stale', trouble: { reason: 'tag-conflict' } }]);
  });

  it('that does not answer is soon left alone', async () => {
    await start();
    const tags = Array.from({ length: 60 }, (_, at) => String(at));
    for (const tag of tags) await publish(plain, tag);
    target.faults.add({
      on: ['headManifest', 'getManifest'],
      answer: { status: 403 },
      times: Infinity,
    });
    const { findings, requests } = await compare('', {
      listed: (tag) => ({ ...tag, digest: plain.root.digest }),
    });
    expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(['unreachable']));
    expect(findings[59]?.trouble).toMatchObject({
      reason: 'target-denied',
      error: expect.stringContaining('could not look up') as unknown,
      remedy: expect.stringContaining('roles/artifactregistry.writer') as unknown,
    });
    expect(requests).toBeLessThan(60);
  });
});

describe('the source', () => {
  it('has the last word on a tag that is gone', async () => {
    await start();
    await publish(plain, '1');
    const { findings } = await compare('', {
      listed: (tag) => ({ ...tag, tag: 'gone' }),
    });
    expect(findings).toEqual([]);
  });

  it('may itself be out of reach', async () => {
    await start();
    await publish(plain, '1');
    source.faults.add({
      on: ['headManifest', 'getManifest'],
      answer: { status: 403 },
      times: Infinity,
    });
    const { findings } = await compare();
    expect(findings).toMatchObject([
      { state: 'unreachable', trouble: { reason: 'source-denied' } },
    ]);
  });
});

describe('where platforms are selected', () => {
  it('wants the very index that the engine makes', async () => {
    await start();
    await publish(multi, '1');
    await publish(plain, '2');
    const onlyArm = ', platforms: [linux/arm64]';
    expect(states(await compare(onlyArm))).toEqual(['1 missing', '2 missing']);
    const traffic = emptyTraffic();
    await copyImage({
      ...system,
      source: client.open(parseReference(`${source.address}/vendor/api`), {
        access: 'pull',
        traffic,
      }),
      target: client.open(parseReference(`${target.address}/acme/api`), {
        access: 'push',
        traffic,
      }),
      tag: '1',
      destinationTag: '1',
      options: {
        attachments: true,
        immutable: false,
        platforms: [{ os: 'linux', architecture: 'arm64' }],
        repair: false,
        blobConcurrency: 2,
      },
      caches: createCopyCaches(systemClock),
      traffic,
    });
    const { findings } = await compare(onlyArm);
    expect(findings).toMatchObject([
      { state: 'current' },
      { state: 'missing', trouble: { reason: 'uncopyable' } },
    ]);
    expect(findings[0]?.digest).not.toBe(multi.root.digest);
  });
});

describe('attachments', () => {
  const signature = artifact({ subject: plain.root, artifactType: 'application/vnd.example.sig' });
  const signed = together(plain, signature);

  it('are missing where a referrer is not at the target', async () => {
    await start();
    await publish(signed, '1');
    await deliver(plain, '1');
    expect(states(await compare())).toEqual(['1 attachments missing']);
    await deliver(signature, 'signature');
    expect(states(await compare())).toEqual(['1 current']);
  });

  it('are missing where the target has a referrer that its list lacks', async () => {
    await start();
    await publish(signed, '1');
    await deliver(plain, '1');
    await deliver(signature, 'signature');
    target.faults.add({
      on: 'listReferrers',
      answer: {
        status: 200,
        headers: { 'content-type': OCI_INDEX },
        body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }),
      },
    });
    expect(states(await compare())).toEqual(['1 attachments missing']);
    expect(states(await compare())).toEqual(['1 current']);
  });

  it('cost one look at the list, however many there are', async () => {
    await start();
    const others = ['a', 'b', 'c'].map((name) =>
      artifact({ subject: plain.root, annotations: { name } }),
    );
    await publish(together(plain, ...others), '1');
    await deliver(together(plain, ...others), '1');
    target.requests.reset();
    expect(states(await compare())).toEqual(['1 current']);
    expect(target.requests.counts()).toEqual({ headManifest: 1, listReferrers: 1 });
  });

  it('are those that a target lists under a fallback tag, and has', async () => {
    await start({ target: { referrers: false } });
    await publish(signed, '1');
    await deliver(signed, '1');
    expect(states(await compare())).toEqual(['1 attachments missing']);
    const list = index({ entries: [{ image: signature }] });
    await deliver(list, fallbackTag(plain.root.digest));
    expect(states(await compare())).toEqual(['1 current']);
    const { digest } = signature.root;
    target.faults.add({ on: 'headManifest', reference: digest, answer: { status: 404 } });
    expect(states(await compare())).toEqual(['1 attachments missing']);
  });

  it('may name no subject where a fallback tag lists them on both sides', async () => {
    await start();
    const unnamed = artifact();
    const list = index({ entries: [{ image: unnamed }, { image: signature }] });
    await publish(together(plain, unnamed), '1');
    await publish(list, fallbackTag(plain.root.digest));
    await deliver(plain, '1');
    await deliver(unnamed, 'by-digest');
    await deliver(signature, 'signature');
    expect(states(await compare())).toEqual(['1 attachments missing']);
    await deliver(list, fallbackTag(plain.root.digest));
    expect(states(await compare())).toEqual(['1 current']);
    target.faults.add({
      on: 'listReferrers',
      answer: {
        status: 200,
        headers: { 'content-type': OCI_INDEX },
        body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }),
      },
    });
    // The one that names its subject is lost all the same.
    expect(states(await compare())).toEqual(['1 attachments missing']);
  });

  it('are not looked for where a rule, or the caller, does not want them', async () => {
    await start();
    await publish(signed, '1');
    await deliver(plain, '1');
    expect(states(await compare(', attachments: false'))).toEqual(['1 current']);
    expect(states(await compare('', { attachments: false }))).toEqual(['1 current']);
  });

  it.each(['sig', 'vex'])('are also those under digest tags (.%s)', async (kind) => {
    const sig = `${fallbackTag(plain.root.digest)}.${kind}`;
    await start();
    await publish(plain, '1');
    await publish(other, sig);
    await deliver(plain, '1');
    expect(states(await compare())).toEqual(['1 attachments missing']);
    await deliver(multi, sig);
    expect(states(await compare())).toEqual(['1 attachments missing']);
    await deliver(other, 'by-digest');
    expect(states(await compare())).toEqual(['1 current']);
  });

  it('are also those that a fallback tag lists', async () => {
    await start({ source: { referrers: false } });
    await publish(signed, '1');
    await publish(index({ entries: [{ image: signature }] }), fallbackTag(plain.root.digest));
    await deliver(plain, '1');
    expect(states(await compare())).toEqual(['1 attachments missing']);
  });
});
