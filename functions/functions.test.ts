import { getTestServer } from '@google-cloud/functions-framework/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { signature } from '../local/images/attachments';
import { image } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { findMissing } from '../local/images/read';
import { createKms, type Kms } from '../test/support/kms';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { SIGSTORE_BUNDLE } from '../shared/statements/signing/sign';
import { deliverTo, deployTopics, pushOf, subscriptionNamed } from '../test/support/deployment';

const repository = 'vendor/releases/api';
const folder = mkdtempSync(join(tmpdir(), 'relay-functions-'));

let broker: Broker;
let vendor: Registry;
let acme: Registry;
let kms: Kms;
let printed: jest.SpyInstance;
let lines: Record<string, unknown>[];

function publishedTo(name: string): number {
  return broker.counters(subscriptionNamed(name)).outstanding;
}

beforeAll(async () => {
  [vendor, acme, broker] = [await createRegistry(), await createRegistry(), await createBroker()];
  kms = await createKms();
  const rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `targets:
  acme: { repository: ${acme.address}/acme/vendor, receipts: true }
  paused: { repository: ${acme.address}/paused/vendor, paused: true }
rules:
  - name: api
    source: ${vendor.address}/vendor/releases
    tags: { include: ['v*'] }
    targets: [acme, paused]
`,
  );
  Object.assign(process.env, {
    RULES_FILE: rules,
    ...deployTopics(broker),
    SIGNING_KEY: `gcpkms://${kms.createKey('projects/vendor/locations/global/keyRings/r/cryptoKeys/k')}`,
    KMS_EMULATOR_HOST: kms.address,
  });
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(JSON.parse(String(line)) as Record<string, unknown>);
    return true;
  });
  printed = jest.spyOn(console, 'error').mockImplementation();
  await import('./index.js');
});

beforeEach(() => {
  lines = [];
});

afterAll(async () => {
  jest.restoreAllMocks();
  await Promise.all([broker.close(), vendor.close(), acme.close(), kms.close()]);
  rmSync(folder, { recursive: true });
});

const release = image({ layers: [layer({ seed: 'one' })], config: { seed: 'one' }, tag: 'v1' });

describe('planCopies under the framework', () => {
  const event = () => ({
    action: 'INSERT',
    digest: `${vendor.address}/${repository}@${release.root.digest}`,
    tag: `${vendor.address}/${repository}:v1`,
  });

  it('answers a raw push that a rule wants with what it published', async () => {
    const before = publishedTo('copy-jobs');
    const answer = await deliverTo('planCopies', 'gcr', event());
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      `${vendor.address}/${repository}:v1: 2 copy jobs published, for acme, paused`,
    );
    expect(publishedTo('copy-jobs')).toBe(before + 2);
    expect(lines).toMatchObject([{ severity: 'INFO', message: 'Copy jobs published', jobs: 2 }]);
  });

  it('answers a binary CloudEvent alike', async () => {
    const answer = await request(getTestServer('planCopies'))
      .post('/')
      .set({
        'ce-id': '11',
        'ce-source': '//pubsub.googleapis.com/projects/vendor/topics/gcr',
        'ce-specversion': '1.0',
        'ce-type': 'google.cloud.pubsub.topic.v1.messagePublished',
      })
      .send(pushOf({ ...event(), tag: `${vendor.address}/vendor/y:latest` }));
    expect(answer.text).toMatch(/are of different repositories/);
    expect(answer.status).toBe(200);
  });

  it('says what no rule wants', async () => {
    const answer = await deliverTo('planCopies', 'gcr', {
      action: 'INSERT',
      tag: `${vendor.address}/vendor/other:latest`,
    });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      `${vendor.address}/vendor/other:latest matches no rule: nothing to copy`,
    );
  });

  it('reads a manifest pushed by digest alone, to see whether it is an attachment', async () => {
    await push(release, { registry: vendor.address, repository });
    const answer = await deliverTo('planCopies', 'gcr', { ...event(), tag: undefined });
    expect(answer.text).toMatch(/no tag of its own and is no attachment: nothing to copy$/);
    const early = signature(release.root, 'early');
    await push(early, { registry: vendor.address, repository });
    const late = await deliverTo('planCopies', 'gcr', {
      action: 'INSERT',
      digest: `${vendor.address}/${repository}@${early.root.digest}`,
    });
    expect(late.text).toMatch(/2 copy jobs published, for acme, paused$/);
  });

  it.each([['{'], ['[]'], ['{"action":"INSERT","tag":"../../x:1"}']])(
    'dead-letters %s and acknowledges it',
    async (body) => {
      const before = publishedTo('dead-letters');
      const answer = await deliverTo('planCopies', 'gcr', body);
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^dead-lettered: message 11: invalid-message: /);
      expect(publishedTo('dead-letters')).toBe(before + 1);
    },
  );

  it('dead-letters a push without data, which the framework passes on as it is', async () => {
    const before = publishedTo('dead-letters');
    const answer = await request(getTestServer('planCopies'))
      .post('/')
      .send({ message: { messageId: '12', attributes: { a: 'b' } }, subscription: 's' });
    expect(answer.text).toMatch(/^dead-lettered: message 12: .*no data/);
    expect(publishedTo('dead-letters')).toBe(before + 1);
  });
});

describe('planCopies, while the source does not answer,', () => {
  const push = () => ({
    action: 'INSERT',
    digest: `${vendor.address}/${repository}@sha256:${'e'.repeat(64)}`,
  });
  beforeEach(() =>
    vendor.faults.add({ on: 'getManifest', answer: { status: 503 }, times: Infinity }),
  );
  afterEach(() => vendor.faults.clear());

  it.each(['gcr', 'object-changes'])(
    'moves an event from %s to its retry queue, and refuses it there alone',
    async (topic) => {
      const before = publishedTo('plan-retries');
      const answer = await deliverTo('planCopies', topic, push());
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^will be retried: .*registry-unavailable: /);
      expect(publishedTo('plan-retries')).toBe(before + 1);
      const refused = await deliverTo('planCopies', 'plan-retries', push());
      expect(refused.status).toBe(500);
      expect(publishedTo('plan-retries')).toBe(before + 1);
    },
  );
});

describe('copyArtifact under the framework', () => {
  const job = (changed: object = {}) => ({
    source: `${vendor.address}/${repository}:v1`,
    target: 'acme',
    ...changed,
  });

  it('copies, and says so; and says when there is nothing to do', async () => {
    const own = image({ layers: [layer({ seed: 'own' })], config: { seed: 'own' }, tag: 'v2' });
    const source = `${vendor.address}/${repository}:v2`;
    await push(own, { registry: vendor.address, repository });
    const answer = await deliverTo('copyArtifact', 'copy-jobs', job({ source }));
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(
      new RegExp(`^copied ${source} to ${acme.address}/acme/vendor/api:v2 \\(sha256:`),
    );
    const at = { registry: acme.address, repository: 'acme/vendor/api' };
    expect(await findMissing(own, at)).toStrictEqual([]);
    expect(lines).toMatchObject([
      {
        severity: 'INFO',
        message: 'Copied',
        outcome: 'copied',
        rule: 'api',
        target: 'acme',
        destination: `${acme.address}/acme/vendor/api:v2`,
        digest: own.root.digest,
        receipt: expect.stringMatching(/^sha256:/) as unknown,
      },
    ]);
    const again = await deliverTo('copyArtifact', 'copy-retries', job({ source, rule: 'api' }));
    expect(again.text).toMatch(/already holds/);
    expect(lines.at(-1)).not.toHaveProperty('receipt');
  });

  it('signs its receipts in Cloud KMS', async () => {
    const own = image({ config: { seed: 'signed' }, tag: 'v3' });
    await push(own, { registry: vendor.address, repository });
    kms.requests.reset();
    await deliverTo(
      'copyArtifact',
      'copy-jobs',
      job({ source: `${vendor.address}/${repository}:v3` }),
    );
    expect(kms.requests.of('asymmetricSign')).toHaveLength(1);
    const { receipt } = lines.at(-1) as { receipt: string };
    const manifest = await request(`http://${acme.address}`).get(
      `/v2/acme/vendor/api/manifests/${receipt}`,
    );
    expect(JSON.parse(manifest.text)).toMatchObject({
      artifactType: SIGSTORE_BUNDLE,
      subject: own.root,
    });
  });

  it('brings a late attachment to the targets that have its subject, and to no other', async () => {
    await push(release, { registry: vendor.address, repository });
    await deliverTo('copyArtifact', 'copy-jobs', job());
    const late = signature(release.root, 'late');
    await push(late, { registry: vendor.address, repository });
    const source = `${vendor.address}/${repository}@${late.root.digest}`;
    const answer = await deliverTo('copyArtifact', 'copy-jobs', job({ source }));
    expect(answer.text).toMatch(/^copied /);
    const orphan = signature(image({ config: { seed: 'unreleased' } }).root);
    await push(orphan, { registry: vendor.address, repository });
    const none = await deliverTo('copyArtifact', 'copy-jobs', {
      ...job(),
      source: `${vendor.address}/${repository}@${orphan.root.digest}`,
    });
    expect(none.status).toBe(200);
    expect(none.text).toMatch(/nothing to copy$/);
    expect(lines.at(-1)).toMatchObject({ outcome: 'not released' });
  });

  it('leaves a paused target alone', async () => {
    const answer = await deliverTo('copyArtifact', 'copy-jobs', job({ target: 'paused' }));
    expect(answer.text).toMatch(
      /^paused is paused; .* is not copied; run `relay backfill` after resuming$/,
    );
    expect(await acme.tags('paused/vendor/api')).toStrictEqual([]);
  });

  it('dead-letters a job that no rule allows, naming the rule that comes nearest', async () => {
    const before = publishedTo('dead-letters');
    const source = `${vendor.address}/${repository}:nightly`;
    const answer = await deliverTo('copyArtifact', 'copy-jobs', job({ source }));
    expect(answer.text).toMatch(/^dead-lettered: .*not-allowed: .*rule "api"/);
    expect(publishedTo('dead-letters')).toBe(before + 1);
  });

  it('moves a transient failure to the retry queue, and refuses it there', async () => {
    vendor.faults.add({ on: 'getManifest', answer: { status: 503 }, times: Infinity });
    const before = publishedTo('copy-retries');
    const answer = await deliverTo('copyArtifact', 'copy-jobs', job());
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^will be retried: .*registry-unavailable: /);
    expect(publishedTo('copy-retries')).toBe(before + 1);
    const refused = await deliverTo('copyArtifact', 'copy-retries', job());
    expect(refused.status).toBe(500);
    // The framework's output about it, which is not an error.
    expect(printed).toHaveBeenLastCalledWith(expect.stringContaining('{"severity":"DEBUG"'));
    vendor.faults.clear();
  });
});
