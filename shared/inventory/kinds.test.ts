import { createBuckets, type Buckets } from '../../local/servers/buckets/buckets';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../../local/servers/templates/server';
import { copyObject } from '../kinds/object/copy';
import { openBucket } from '../kinds/object/bucket';
import { createQueue } from '../async/limits';
import { classifyFailure } from '../delivery/classify-failure';
import { createRegistryClient, type RegistryClient } from '../oci/client';
import { digestOf } from '../oci/digest';
import { emptyTraffic } from '../oci/http/traffic';
import { formatArtifact, releaseName } from '../kinds/references';
import { parseRules } from '../kinds/rules';
import type { Rules } from '../rules/rules';
import { jobsOf, type Finding } from './finding';
import { loadInventoryKinds } from '../kinds/kinds';
import { openInventory } from './inventory';
import { diffRules } from './rules-diff';
import { listSources } from './source';
import { selectWanted } from './wanted';
import { system } from '../system/system';

let client: RegistryClient;
beforeAll(() => {
  client = createRegistryClient({ ...system, plainHttpHosts: ['localhost', '127.0.0.1'] });
});
afterAll(() => client.close());

async function compare(
  rules: Rules,
  storageHost?: string,
  listed = rules.rules,
  deliveries = false,
) {
  const traffic = emptyTraffic();
  const artifactRegistry = { listImages: () => Promise.reject(new Error('not asked')) };
  const { listingOf, comparisonBy } = openInventory({
    kinds: await loadInventoryKinds(),
    clock: system.clock,
    registries: client,
    artifactRegistry,
    ...(deliveries && { registryFor: () => artifactRegistry }),
    emulatedHosts: [],
    storageHost,
    requestsPerSecond: 1000,
    attachments: true,
    traffic,
  });
  const releases = await listSources(listed, listingOf);
  const wanted = selectWanted(rules, releases);
  const before = traffic.requests;
  const findings = await comparisonBy(rules).compare(wanted, releases);
  return { findings, releases, listed: before, asked: traffic.requests - before };
}

const classifyNow = (error: unknown) =>
  classifyFailure(error, { seconds: Infinity, graceSeconds: 0, continued: 0, stalled: 0 });
const shown = ({ source, state }: Finding): string =>
  `${releaseName(source).replace(/^.*\//, '')} ${state}`;

describe('templates', () => {
  let source: TemplateServer;
  let target: TemplateServer;
  let at: (server: TemplateServer) => string;
  beforeEach(async () => {
    [source, target] = [await createTemplateServer(), await createTemplateServer()];
    at = ({ address }) => address.replace('127.0.0.1', 'local-kfp.localhost');
  });
  afterEach(() => Promise.all([source.close(), target.close()]));

  const rulesOf = (options = ''): Rules =>
    parseRules(`targets: { acme: { templates: '${at(target)}/acme/p' } }
rules: [{ name: all, source: '${at(source)}/vendor/p', targets: [acme], tags: { include: ['v*'] } ${options} }]`);
  const publish = (name: string, seed: string, tags: string[]) =>
    pushTemplate({ origin: source.origin, repository: 'vendor/p' }, pipeline(name, seed), tags);
  const deliver = (name: string, seed: string, tags: string[]) =>
    pushTemplate({ origin: target.origin, repository: 'acme/p' }, pipeline(name, seed), tags);

  it('of a target that is down are given up with what it said, and not asked for', async () => {
    for (const name of MANY) await publish(name, '1', ['v1']);
    const down = target.faults.add({ on: 'getTag', ...DENIED });
    const { findings } = await compare(rulesOf());
    const troubles = findings.map(({ trouble }) => trouble?.reason);
    expect(troubles).toEqual(MANY.map(() => 'target-denied'));
    expect(down.hits()).toBeLessThan(MANY.length);
  });

  it('are listed with their versions, and compared by what their tags hold', async () => {
    const version = await publish('train', '1', ['v1', 'nightly']);
    await publish('train', '2', ['v2']);
    await publish('eval', '1', ['v1']);
    await deliver('train', '1', ['v1']);
    await deliver('train', 'old', ['v2']);
    const { findings, releases, listed, asked } = await compare(rulesOf());
    expect(releases).toHaveLength(4);
    expect(findings.map(shown).sort()).toEqual([
      'eval:v1 missing',
      'train:v1 current',
      'train:v2 stale',
    ]);
    expect(findings.find(({ state }) => state === 'current')).toMatchObject({
      kind: 'template',
      image: 'train',
      digest: version,
      held: version,
      source: { uploadedAt: expect.any(Date) as Date },
    });
    // The packages, and of each versions and tags; then one look for each, and one more at what differs.
    expect([listed, asked]).toEqual([5, 4]);
    const jobs = jobsOf(findings).map((job) => [formatArtifact(job.source), job.repair]);
    expect(jobs).toHaveLength(2);
    expect(jobs[0]?.[0]).toMatch(/(eval:v1|train:v2)@sha256:/);
  });

  it('tell when their versions were delivered, by one list of each package of a target', async () => {
    await publish('train', '1', ['v1', 'v1.0']);
    const before = Date.now();
    await deliver('train', '1', ['v1', 'v1.0']);
    const compared = (deliveries: boolean) => compare(rulesOf(), undefined, undefined, deliveries);
    const { findings, asked } = await compared(true);
    expect(findings.map(({ deliveredAt }) => deliveredAt)).toEqual([
      expect.any(Date),
      expect.any(Date),
    ]);
    expect(findings[0]?.deliveredAt?.getTime()).toBeGreaterThanOrEqual(before - 1);
    const plain = await compared(false);
    expect(plain.findings.map(({ deliveredAt }) => deliveredAt)).toEqual([undefined, undefined]);
    expect(asked).toBe(plain.asked + 2);
  });

  it('are compared all the same where a target does not list them', async () => {
    await publish('train', '1', ['v1']);
    await deliver('train', '1', ['v1']);
    target.faults.add({ on: 'listVersions', answer: { status: 403 } });
    const { findings } = await compare(rulesOf(), undefined, undefined, true);
    expect(findings).toMatchObject([{ state: 'current' }]);
    expect(findings[0]?.deliveredAt).toBeUndefined();
  });

  describe('whose images are renamed', () => {
    let images: Registry;
    beforeEach(async () => {
      images = await createRegistry();
    });
    afterEach(() => images.close());

    const renaming = () =>
      parseRules(`targets: { acme: { templates: '${at(target)}/acme/p', repository: ${images.address}/acme } }
rules:
  - { name: all, source: '${at(source)}/vendor/p', rewriteImages: true, targets: [acme] }
  - { name: images, source: gcr.io/vendor, targets: [acme] }`);
    const VENDOR = 'gcr.io/vendor/trainer:1.0.0';

    it('are current, held or missing by what they come to at the target', async () => {
      const rules = renaming();
      const acme = `${images.address}/acme/trainer:1.0.0`;
      for (const [name, named] of [
        ['train', VENDOR],
        ['eval', VENDOR],
        ['wait', VENDOR.replace('1.0.0', '2.0.0')],
      ] as const) {
        const to = { origin: source.origin, repository: 'vendor/p' };
        await pushTemplate(to, pipeline(name, '1', named), ['v1']);
      }
      await push(image(), { registry: images.address, repository: 'acme/trainer', tag: '1.0.0' });
      const renamed = pipeline('train', '1', acme);
      await pushTemplate({ origin: target.origin, repository: 'acme/p' }, renamed, ['v1']);

      const { findings, asked } = await compare(rules, undefined, rules.rules.slice(0, 1));
      expect(findings.map(shown).sort()).toEqual([
        'eval:v1 missing',
        'train:v1 current',
        'wait:v1 held',
      ]);
      expect(findings.find(({ state }) => state === 'current')).toMatchObject({
        digest: digestOf(renamed),
      });
      expect(findings.find(({ state }) => state === 'held')?.trouble).toMatchObject({
        reason: 'images-missing',
        error: expect.stringContaining(`${images.address}/acme/trainer:2.0.0`) as string,
      });
      // Three downloads, three looks at tags, and one at each image that somebody waits for.
      expect(asked).toBe(8);
      expect(jobsOf(findings).map((job) => formatArtifact(job.source))).toEqual([
        expect.stringMatching(/eval:v1@sha256:/),
      ]);
    });
  });

  it('that may not move have a conflict', async () => {
    await publish('train', '1', ['v1']);
    await deliver('train', 'old', ['v1']);
    const { findings } = await compare(rulesOf(', immutable: true'));
    expect(findings).toMatchObject([{ state: 'stale', trouble: { reason: 'tag-conflict' } }]);
  });

  it('of a source that refuses to list them are denied', async () => {
    source.faults.add({ on: 'listPackages', answer: { status: 403 } });
    const failure = await compare(rulesOf()).catch((error: unknown) => error);
    expect(classifyNow(failure)).toMatchObject({
      reason: 'source-denied',
      error: expect.stringMatching(
        /^could not list the templates of .*\/vendor\/p \(source\): .* answered 403/,
      ) as string,
    });
  });

  it('of a target that refuses are unreachable', async () => {
    await publish('train', '1', ['v1']);
    target.faults.add({ on: 'getTag', answer: { status: 403 } });
    const { findings } = await compare(rulesOf());
    expect(findings).toMatchObject([
      { state: 'unreachable', trouble: { reason: 'target-denied' } },
    ]);
  });
});

/** More than are asked at once, so that some wait while the first fail. */
const MANY = Array.from({ length: 60 }, (_, at) => `one-${at}`);
const DENIED = { answer: { status: 403 }, times: Infinity } as const;

describe('objects', () => {
  let storage: Buckets;
  beforeEach(async () => {
    storage = await createBuckets({ buckets: ['vendor', 'acme'], pageSize: 2 });
  });
  afterEach(() => storage.close());

  const rules = parseRules(`targets: { acme: { bucket: gs://acme/in } }
rules: [{ name: all, source: gs://vendor/out, objects: ['*.bin'], targets: [acme] }]`);

  /** Copies as copyArtifact does. */
  async function release(name: string): Promise<void> {
    const signal = new AbortController().signal;
    const traffic = emptyTraffic();
    const open = (bucket: string) =>
      openBucket(client, bucket, { host: storage.address, signal, traffic });
    await copyObject({
      clock: system.clock,
      source: open('vendor'),
      target: open('acme'),
      name: `out/${name}`,
      destination: `in/${name}`,
      repair: false,
      writers: createQueue(),
      traffic,
      signal,
    });
  }

  it('of a target that is down are given up with what it said, and not asked for', async () => {
    for (const name of MANY) storage.put('vendor', `out/${name}.bin`, name);
    const down = storage.faults.add({
      on: ['getObject', 'listObjects'],
      repository: 'acme',
      ...DENIED,
    });
    const { findings } = await compare(rules, storage.address);
    const troubles = findings.map(({ trouble }) => trouble?.reason);
    expect(troubles).toEqual(MANY.map(() => 'target-denied'));
    expect(down.hits()).toBeLessThan(MANY.length);
  });

  it('are listed below their folder, and compared by generation or content', async () => {
    for (const name of ['released', 'moved', 'equal', 'lost']) {
      storage.put('vendor', `out/${name}.bin`, `${name} 1`);
    }
    storage.put('vendor', 'out/other.txt', 'x');
    storage.put('vendor', 'outside.bin', 'x');
    await release('released.bin');
    await release('moved.bin');
    storage.put('vendor', 'out/moved.bin', 'moved 2');
    storage.put('acme', 'in/equal.bin', 'equal 1');
    const { findings, releases, listed, asked } = await compare(rules, storage.address);
    expect(releases).toHaveLength(5);
    expect(findings.map(shown).sort()).toEqual([
      'equal.bin current',
      'lost.bin missing',
      'moved.bin stale',
      'released.bin current',
    ]);
    // Three pages; one page of the target's for three, one look for the last, and one at the source of what differs.
    expect([listed, asked]).toEqual([3, 3]);
    expect(findings.find(({ state }) => state === 'stale')).toMatchObject({
      kind: 'object',
      image: 'moved.bin',
      digest: expect.stringMatching(/^crc32c:/) as string,
      held: expect.stringMatching(/^crc32c:/) as string,
    });
    const { generation } = storage.find('vendor', 'out/lost.bin')!;
    expect(jobsOf(findings).map((job) => formatArtifact(job.source))).toContain(
      `gs://vendor/out/lost.bin#${generation}`,
    );
  });

  it('a thousand and more are compared with one list of the target', async () => {
    await storage.close();
    storage = await createBuckets({ buckets: ['vendor', 'acme'] });
    for (let at = 0; at < 1200; at += 1) {
      storage.put('vendor', `out/${at}.bin`, String(at));
      storage.put('acme', `in/${at}.bin`, String(at));
    }
    const { findings, listed, asked } = await compare(rules, storage.address);
    expect(findings.filter(({ state }) => state === 'current')).toHaveLength(1200);
    expect([listed, asked]).toEqual([2, 2]);
  });

  it('whose metadata changed at the source are stale', async () => {
    for (const name of ['a', 'b']) {
      storage.put('vendor', `out/${name}.bin`, name, { contentType: 'text/plain' });
      await release(`${name}.bin`);
    }
    storage.describe('vendor', 'out/b.bin', { contentType: 'text/html' });
    const { findings } = await compare(rules, storage.address);
    expect(findings.map(shown)).toEqual(['a.bin current', 'b.bin stale']);
    expect(jobsOf(findings).map(({ repair }) => repair)).toEqual([true]);
  });

  it('were delivered when they came, whatever a customer says of them since', async () => {
    storage.put('vendor', 'out/a.bin', '1');
    await release('a.bin');
    const { created, description } = storage.find('acme', 'in/a.bin')!;
    while (Date.now() <= created.getTime()) await new Promise(setImmediate);
    storage.describe('acme', 'in/a.bin', { ...description, contentType: 'text/html' });
    const { findings } = await compare(rules, storage.address);
    expect(findings).toMatchObject([{ state: 'current', deliveredAt: created }]);
  });

  it('that were replaced, and delivered, while they were compared are current', async () => {
    storage.put('vendor', 'out/a.bin', '1');
    await release('a.bin');
    storage.faults.add({
      on: 'getObject',
      before: async () => {
        storage.put('vendor', 'out/a.bin', '2');
        await release('a.bin');
      },
    });
    const { findings } = await compare(rules, storage.address);
    expect(findings.map(shown)).toEqual(['a.bin current']);
  });

  describe('of which the list has no checksum', () => {
    /** As Cloud Storage lists what is encrypted with a key of Cloud KMS, or of the uploader's. */
    function listWithoutChecksums(): void {
      const items = storage.list('vendor').map(({ name, generation, content }) => {
        return { name, generation, size: String(content.size) };
      });
      storage.faults.add({ on: 'listObjects', answer: { status: 200, body: text({ items }) } });
    }
    const text = JSON.stringify;

    it('are looked at, each once, and compared like the others', async () => {
      for (const name of ['equal', 'lost', 'other', 'released']) {
        storage.put('vendor', `out/${name}.bin`, name);
      }
      await release('released.bin');
      storage.put('acme', 'in/equal.bin', 'equal');
      storage.put('acme', 'in/other.bin', 'by hand');
      listWithoutChecksums();
      storage.requests.reset();
      const { findings } = await compare(rules, storage.address);
      expect(findings.map(shown).sort()).toEqual([
        'equal.bin current',
        'lost.bin missing',
        'other.bin stale',
        'released.bin current',
      ]);
      expect(storage.requests.counts()).toEqual({ listObjects: 2, getObject: 5 });
      expect(jobsOf(findings)).toHaveLength(2);
    });

    it('cannot be copied without a known checksum', async () => {
      const { generation } = storage.put('vendor', 'out/a.bin', '1');
      listWithoutChecksums();
      const body = text({ name: 'out/a.bin', generation, size: '1' });
      storage.faults.add({
        on: 'getObject',
        reference: 'out/a.bin',
        answer: { status: 200, body },
      });
      const { findings } = await compare(rules, storage.address);
      expect(findings).toMatchObject([{ state: 'missing', trouble: { reason: 'uncopyable' } }]);
    });

    it('are stale if the target does not report what it holds', async () => {
      storage.put('vendor', 'out/a.bin', '1');
      listWithoutChecksums();
      const body = text({ name: 'in/a.bin', generation: '1', size: '1' });
      storage.faults.add({ on: 'getObject', reference: 'in/a.bin', answer: { status: 200, body } });
      const { findings } = await compare(rules, storage.address);
      expect(findings.map(shown)).toEqual(['a.bin stale']);
    });

    it('may be gone when they are looked at', async () => {
      storage.put('vendor', 'out/a.bin', '1');
      listWithoutChecksums();
      storage.remove('vendor', 'out/a.bin');
      expect(await compare(rules, storage.address)).toMatchObject({ findings: [] });
    });
  });

  it('in a bucket that refuses to list them are denied', async () => {
    storage.faults.add({ on: 'listObjects', answer: { status: 403 } });
    const failure = await compare(rules, storage.address).catch((error: unknown) => error);
    expect(classifyNow(failure)).toMatchObject({
      reason: 'source-denied',
      error: expect.stringMatching(
        /^could not list gs:\/\/vendor\/out\/ \(source\): .* answered 403/,
      ) as string,
    });
  });

  it('are unreachable where the bucket of the target is not there: no job would help', async () => {
    const nowhere = parseRules(`targets: { acme: { bucket: gs://no-such-bucket } }
rules: [{ name: all, source: gs://vendor/out, targets: [acme] }]`);
    for (const name of ['a', 'b']) storage.put('vendor', `out/${name}.bin`, '1');
    const { findings } = await compare(nowhere, storage.address);
    const unreachable = { state: 'unreachable', trouble: { reason: 'target-denied' } };
    expect(findings).toMatchObject([unreachable, unreachable]);
    expect(jobsOf(findings)).toStrictEqual([]);
  });

  it('in a bucket that refuses are unreachable', async () => {
    storage.put('vendor', 'out/a.bin', '1');
    storage.faults.add({ on: 'getObject', answer: { status: 403 } });
    const { findings } = await compare(rules, storage.address);
    expect(findings).toMatchObject([
      { state: 'unreachable', trouble: { reason: 'target-denied' } },
    ]);
  });

  it('begin and end with the rules', async () => {
    storage.put('vendor', 'out/a.bin', '1');
    const { releases } = await compare(rules, storage.address);
    const none = { ...rules, rules: [] };
    const names = (wanted: readonly { source: Finding['source'] }[]): string[] =>
      wanted.map(({ source }) => releaseName(source));
    expect(names(diffRules(none, rules, releases).started)).toEqual(['gs://vendor/out/a.bin']);
    expect(names(diffRules(rules, none, releases).stopped)).toEqual(['gs://vendor/out/a.bin']);
    expect(diffRules(rules, rules, releases)).toEqual({ started: [], stopped: [], changed: [] });
  });
});
