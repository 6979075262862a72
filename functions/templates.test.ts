import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import type { AuditLogEntry } from '../local/servers/templates/log-entry';
import { pipeline, pushTemplate } from '../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../local/servers/templates/server';
import { digestOf } from '../shared/oci/digest';
import { deliverTo, deployTopics, subscriptionNamed } from '../test/support/deployment';

const folder = mkdtempSync(join(tmpdir(), 'relay-templates-'));
const entries: AuditLogEntry[] = [];

let broker: Broker;
let vendor: TemplateServer;
let acme: TemplateServer;
let host: string;

const portOf = ({ address }: TemplateServer): string => address.split(':')[1] ?? '';
const job = (tag: string) => ({
  kind: 'template',
  source: `${host}/vendor/pipelines/train:${tag}`,
  target: 'acme',
});
const bytes = pipeline('train', 'one');
const version = digestOf(bytes);

beforeAll(async () => {
  vendor = await createTemplateServer({
    location: 'us',
    onLogEntry: (entry) => entries.push(entry),
  });
  acme = await createTemplateServer();
  broker = await createBroker();
  host = `us-kfp.localhost:${portOf(vendor)}`;
  const rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `targets:
  acme: { templates: 'europe-kfp.localhost:${portOf(acme)}/acme/vendor' }
rules:
  - name: pipelines
    source: ${host}/vendor/pipelines
    tags: { include: ['v*'] }
    targets: [acme]
`,
  );
  Object.assign(process.env, {
    RULES_FILE: rules,
    ...deployTopics(broker),
  });
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  await import('./index.js');
  const target = { origin: vendor.origin, repository: 'vendor/pipelines' };
  await pushTemplate(target, bytes, ['v1', 'v1.0', 'dev']);
});

afterAll(async () => {
  jest.restoreAllMocks();
  await Promise.all([broker.close(), vendor.close(), acme.close()]);
  rmSync(folder, { recursive: true });
});

it('plans one job for each matching tag in an audit log entry', async () => {
  expect(entries).toHaveLength(1);
  const answer = await deliverTo('planCopies', 'kfp-uploads', entries[0]);
  expect(answer.text).toMatch(/: 2 copy jobs published, for acme$/);
  expect(answer.status).toBe(200);
  const { outstanding } = broker.counters(subscriptionNamed('copy-jobs'));
  expect(outstanding).toBe(2);
});

it('copies the template of a job to the target, and says so', async () => {
  const destination = `europe-kfp.localhost:${portOf(acme)}/acme/vendor/train:v1`;
  const answer = await deliverTo('copyArtifact', 'copy-jobs', job('v1'));
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(`copied ${host}/vendor/pipelines/train:v1 to ${destination}`);
  expect(await acme.versionOf('acme/vendor/train', 'v1')).toBe(version);

  const again = await deliverTo('copyArtifact', 'copy-jobs', job('v1'));
  expect(again.text).toBe(
    `${destination} already holds ${host}/vendor/pipelines/train:v1 (${version})`,
  );
});

it('copies no tag that the rule leaves out, and no version without a tag', async () => {
  const before = await acme.tags('acme/vendor/train');
  for (const body of [
    job('dev'),
    { ...job('v1'), source: `${host}/vendor/pipelines/train@${version}` },
  ]) {
    const answer = await deliverTo('copyArtifact', 'copy-jobs', body);
    expect(answer.text).toMatch(/^dead-lettered: .*not-allowed/);
  }
  expect(await acme.tags('acme/vendor/train')).toEqual(before);
});

it('moves a job whose source is busy to the retry queue', async () => {
  vendor.faults.add({ on: 'getTag', answer: { status: 503 }, times: Infinity });
  const answer = await deliverTo('copyArtifact', 'copy-jobs', job('v1'));
  vendor.faults.clear();
  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(
    /^will be retried: .*registry-unavailable: could not read the tag .*train:v1 \(source\)/,
  );
});

it('gives a path up that no template has', async () => {
  const source = `${host}/vendor/pipelines/nested/train:v1`;
  const answer = await deliverTo('copyArtifact', 'copy-jobs', { ...job('v1'), source });
  expect(answer.text).toMatch(/^dead-lettered: .*not-allowed: .* do not match "nested\/train"/);
});
