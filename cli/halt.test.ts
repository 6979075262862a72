import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifact, image, index } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { selectedDigest } from '../shared/kinds/image/platforms/selection';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { HALT_TYPE, readHalts } from '../shared/statements/halt';
import { system } from '../shared/system/system';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';
import { loadRules } from './rules-file';

const folder = mkdtempSync(join(tmpdir(), 'relay-halts-'));
const [ops, stranger] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const files = {
  rules: join(folder, 'rules.yaml'),
  none: join(folder, 'none.yaml'),
  ops: join(folder, 'ops.pem'),
  stranger: join(folder, 'stranger.pem'),
};
const TOPIC = 'projects/vendor/topics/copy-jobs';

let vendor: Registry;
let acme: Registry;
let hub: Registry;
let broker: Broker;
let client: RegistryClient;

beforeAll(() => {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  writeFileSync(files.ops, ops!.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(files.stranger, stranger!.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, 'ops.pub'), ops!.publicKey.export({ type: 'spki', format: 'pem' }));
});
beforeEach(async () => {
  [vendor, acme, hub] = await Promise.all([createRegistry(), createRegistry(), createRegistry()]);
  broker = await createBroker();
  broker.createTopic(TOPIC);
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  const rules = `targets:
  acme: { repository: '${acme.address}/acme' }
  eu: { repository: '${hub.address}/eu' }
  globex: { repository: '${acme.address}/globex' }
signers: { ops: { key: ops.pub } }
HALTS
rules:
  - { name: first, source: '${vendor.address}/vendor', images: [api, web], tags: { include: ['v*'] }, targets: [acme] }
  - { name: abroad, source: '${vendor.address}/vendor', images: [api], tags: { include: ['v*'] }, platforms: [linux/arm64], targets: [eu] }
  - { name: onward, source: '${hub.address}/eu', images: [api], targets: [globex] }
`;
  writeFileSync(files.rules, rules.replace('HALTS', 'halts: { by: [ops] }'));
  writeFileSync(files.none, rules.replace('HALTS', ''));
});
afterEach(() =>
  Promise.all([client.close(), vendor.close(), acme.close(), hub.close(), broker.close()]),
);
afterAll(() => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  rmSync(folder, { recursive: true });
});

const part = (architecture: string) => {
  const platform = { os: 'linux', architecture };
  return { platform, image: image({ platform, layers: [layer({ seed: architecture })] }) };
};
const parts = [part('amd64'), part('arm64')];
const api = index({ entries: parts, tag: 'v1' });
const { digest } = api.root;

const source = () => ({ registry: vendor.address, repository: 'vendor/api' });
const atHub = () => ({ registry: hub.address, repository: 'eu/api' });
const reference = () => `${vendor.address}/vendor/api:v1`;

async function relay(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { stderr, stdout, terminal } = captureTerminal({
    NO_COLOR: '1',
    RULES_FILE: files.rules,
    GOOGLE_CLOUD_PROJECT: 'vendor',
    COPY_TIMEOUT_SECONDS: '1',
    DOCKER_CONFIG: folder,
    ...env,
  });
  const code = await runCli(args, terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

const halt = (...more: string[]) =>
  relay(['halt', reference(), '--why', 'loses orders', '--key', files.ops, '--yes', ...more]);
const resume = (...more: string[]) =>
  relay(['resume', reference(), '--key', files.ops, '--yes', ...more]);

/** What counts at a repository. */
async function haltsAt(name: { registry: string; repository: string }, subject: Digest) {
  const { halts: by } = loadRules({ rules: files.rules }, {});
  return readHalts({ source: client.open(name, { access: 'pull' }), subject, by, now: new Date() });
}

const atTheHub = async () =>
  (await selectedDigest(client.open(source(), { access: 'pull' }), digest, [
    { os: 'linux', architecture: 'arm64' },
  ]))!;

describe('halt', () => {
  it('is attached at the source, and at a hub about what the rules make of it, before it is there', async () => {
    await push(api, source());
    const { code, stderr, stdout } = await halt();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Halted ${reference()}@${digest}: no target gets it any more.\n`,
    });
    expect(stderr).toContain(`Halts ${reference()}\n  digest  ${digest}\n`);
    expect(stderr).toContain('  rules   first, abroad, onward, for 3 targets\n');
    expect(stderr).toMatch(/ {2}signer {2}ops \(key \w{12}…\)\n {2}why {5}loses orders\n/);
    expect(stderr).toMatch(/Waiting until \S+: copies that began before may still write a tag\./);
    const found = { by: 'ops', why: 'loses orders' };
    expect(await haltsAt(source(), digest)).toMatchObject({ halts: [found] });
    const there = await atTheHub();
    expect(there).not.toBe(digest);
    expect(await haltsAt(atHub(), there)).toMatchObject({ halts: [found] });
  });

  it('names the targets that keep it, and waits for none where all have it', async () => {
    await push(api, source());
    await push(api, { registry: acme.address, repository: 'acme/api', tag: 'v1' });
    const first = await halt('--no-wait', '--json');
    expect(JSON.parse(first.stdout)).toMatchObject({
      halted: false,
      openUntil: expect.any(String) as unknown,
      holding: ['acme'],
      places: [{ digest }, { hub: 'eu' }],
    });
    expect(first.stderr).toContain('1 target already holds it and keeps it: acme.');
    expect(first.stderr).not.toContain('Waiting');
  });

  it('names the same digest under other images, which it does not halt', async () => {
    await push(api, source());
    await push(api, { registry: vendor.address, repository: 'vendor/web' });
    const { stderr } = await halt('--no-wait');
    expect(stderr).toContain(
      `The same digest is not halted under other images: ${vendor.address}/vendor/web.`,
    );
  });

  it('names the repositories that it may not write to, and is not complete', async () => {
    await push(api, source());
    hub.faults.add({ on: ['mountBlob', 'startUpload'], times: 9, answer: { status: 403 } });
    const { code, stderr, stdout } = await halt('--no-wait');
    expect({ code, stdout }).toMatchObject({ code: 1 });
    expect(stdout).not.toContain('Halted');
    expect(stderr).toContain(`Not halted at hub eu: ${hub.address}/eu/api@`);
    expect(stderr).toContain('Attaching requires roles/artifactregistry.writer');
    expect((await haltsAt(source(), digest)).halts).toHaveLength(1);
  });

  it('is not complete while the list does not show it', async () => {
    await push(api, source());
    const INDEX = 'application/vnd.oci.image.index.v1+json';
    const empty = {
      status: 200,
      headers: { 'content-type': INDEX },
      body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }),
    };
    vendor.faults.add({ on: 'listReferrers', times: 3, answer: empty });
    const { code, stdout } = await halt();
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(vendor.requests.of('listReferrers').length).toBeGreaterThan(3);
  });

  it.each<[string, (bad: typeof files) => readonly string[], RegExp, NodeJS.ProcessEnv?]>([
    [
      'a key that is no signer',
      ({ stranger: key }) => ['--key', key],
      /belongs to none of the signers whose halts count \(ops\)/,
    ],
    [
      'rules without halts',
      ({ none }) => ['--key', files.ops, '--rules', none],
      /name no signers whose halts count/,
    ],
    ['an empty reason', () => ['--key', files.ops, '--why', ' '], /--why must not be empty/],
  ])('is refused with %s', async (_, more, why) => {
    await push(api, source());
    const args = ['halt', reference(), '--why', 'loses orders', '--yes', ...more(files)];
    const { code, stderr } = await relay(args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(why);
    expect((await haltsAt(source(), digest)).halts).toHaveLength(0);
  });

  it.each<[string, () => string, RegExp]>([
    [
      'a tag that no rule releases',
      () => reference().replace(':v1', ':nightly'),
      /^No rule releases .*: rule "first": /m,
    ],
    [
      'an image that no rule releases',
      () => reference().replace('api', 'tools'),
      /^No rule releases /m,
    ],
    ['another registry', () => `${acme.address}/acme/api:v1`, /no rule has a source that holds it/],
    ['a tag that is not there', () => reference().replace(':v1', ':v2'), /api:v2 was not found/],
    [
      'a child of an index',
      () => `${vendor.address}/vendor/api@${parts[0]!.image.root.digest}`,
      /is a part of the index \w+@sha256:/,
    ],
    ['a name alone', () => `${vendor.address}/vendor/api`, /needs a :tag or a @digest/],
  ])('is refused for %s', async (_, name, why) => {
    await push(api, source());
    await push(api, { ...source(), tag: 'nightly' });
    await push(api, { registry: vendor.address, repository: 'vendor/tools' });
    await push(api, { registry: acme.address, repository: 'acme/api' });
    const { code, stderr } = await relay([
      'halt',
      name(),
      '--why',
      'x',
      '--key',
      files.ops,
      '--yes',
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(why);
    expect((await haltsAt(source(), digest)).halts).toHaveLength(0);
  });

  it('is refused where the registry has no referrers API', async () => {
    await push(api, source());
    vendor.faults.add({ on: 'listReferrers', times: Infinity, answer: { status: 404 } });
    const { code, stderr } = await halt();
    expect(code).toBe(1);
    expect(stderr).toMatch(/Nothing is attached: .* no referrers API/);
  });

  it('needs a confirmation', async () => {
    await push(api, source());
    const args = ['halt', reference(), '--why', 'x', '--key', files.ops];
    expect(await relay(args)).toMatchObject({ code: 2 });
    expect((await haltsAt(source(), digest)).halts).toHaveLength(0);
  });
});

it('statements show halts, and those that were lifted', async () => {
  await push(api, source());
  expect(await relay(['statements', reference()])).toMatchObject({ code: 0 });
  await halt('--no-wait');
  const halted = await relay(['statements', reference()]);
  expect(halted.code).toBe(1);
  expect(halted.stdout).toMatch(/^halted by ops since \S+: loses orders \(sha256:\w{12}\)$/m);
  await resume();
  const lifted = await relay(['statements', reference(), '--json']);
  expect(lifted.code).toBe(0);
  expect(JSON.parse(lifted.stdout)).toMatchObject({ halts: [], lifted: [{ by: 'ops' }] });
});

describe('resume', () => {
  it('lifts the halts at the source and at hubs, and publishes the release again', async () => {
    await push(api, source());
    await halt('--no-wait');
    await halt('--no-wait');
    const { code, stderr, stdout } = await resume('--why', 'repaired');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Lifted 4 halts of ${reference()}@${digest}.\nPublished 3 copy jobs to ${TOPIC}.\n`,
    });
    expect(stderr).toMatch(/halted {2}by ops since \S+: loses orders/);
    for (const [name, subject] of [
      [source(), digest],
      [atHub(), await atTheHub()],
    ] as const) {
      expect(await haltsAt(name, subject)).toMatchObject({ halts: [], lifted: [{}, {}] });
    }
  });

  it('does not lift a halt that comes later', async () => {
    await push(api, source());
    await halt('--no-wait');
    await resume();
    await halt('--no-wait');
    expect((await haltsAt(source(), digest)).halts).toHaveLength(1);
  });

  it('is refused where nothing is halted', async () => {
    await push(api, source());
    const { code, stderr } = await resume();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `Nothing is attached: ${reference()}@${digest} is not halted.\n`,
    });
  });

  it('is refused where what is there cannot be read', async () => {
    await push(api, source());
    await halt('--no-wait');
    const junk = (seed: number) =>
      artifact({
        artifactType: HALT_TYPE,
        subject: api.root,
        config: undefined,
        annotations: { seed: `${seed}` },
      });
    for (let at = 0; at < 100; at++) await push(junk(at), source());
    const { code, stderr } = await resume();
    expect(code).toBe(1);
    expect(stderr).toMatch(/101 are attached, more than the 100 that are read/);
  });
});
