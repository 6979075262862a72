import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import type { BucketNotification } from '../local/servers/buckets/resource';
import { createBuckets, type Buckets } from '../local/servers/buckets/buckets';
import type { AuditLogEntry } from '../local/servers/templates/log-entry';
import { pipeline, pushTemplate } from '../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../local/servers/templates/server';
import {
  openSubscriptionReader,
  type HeldMessage,
} from '../shared/dead-letters/subscription-reader';
import { deliverTo, deployTopics, subscriptionNamed, topicNamed } from '../test/support/deployment';
import { readReleaseEvent } from '../test/support/read-release-event';
import { systemClock } from '../shared/system/clock';

const folder = mkdtempSync(join(tmpdir(), 'relay-kinds-'));
const entries: AuditLogEntry[] = [];
const notifications: BucketNotification[] = [];

let broker: Broker;
let vendor: TemplateServer;
let acme: TemplateServer;
let storage: Buckets;
let source: string;

/** Delivers a message that is to be acknowledged, and gives the answer. */
async function deliver(target: string, to: string, data: string, attributes: object = {}) {
  const { status, text } = await deliverTo(target, to, data, attributes);
  expect({ status, text }).toMatchObject({ status: 200 });
  return text;
}

/** What has been published as copy jobs since the last look. */
const takeJobs = (): Promise<HeldMessage[]> => take('copy-jobs');

/** The release events since the last call. */
async function takeReleaseEvents(): Promise<ReturnType<typeof readReleaseEvent>[]> {
  return (await take('release-events')).map(readReleaseEvent);
}

async function take(subscription: string): Promise<HeldMessage[]> {
  const reader = await openSubscriptionReader(subscriptionNamed(subscription), systemClock);
  try {
    const jobs: HeldMessage[] = [];
    for await (const some of reader.read()) jobs.push(...some);
    await reader.ack(jobs.map(({ ackId }) => ackId));
    return jobs;
  } finally {
    await reader.close();
  }
}

const textOf = ({ data }: HeldMessage): string => Buffer.from(data).toString();

/** Carries out all that has been planned, each job as it was published. */
async function copyAll(): Promise<string[]> {
  const answers: string[] = [];
  for (const job of await takeJobs()) {
    answers.push(await deliver('copyArtifact', 'copy-jobs', textOf(job), job.attributes));
  }
  return answers;
}

beforeAll(async () => {
  vendor = await createTemplateServer({ onLogEntry: (entry) => entries.push(entry) });
  acme = await createTemplateServer();
  storage = await createBuckets({
    buckets: ['vendor', 'acme'],
    rewriteBytesPerCall: 1024 * 1024,
    onNotification: (notification) => notifications.push(notification),
  });
  broker = await createBroker();
  const at = ({ address }: TemplateServer): string =>
    address.replace('127.0.0.1', 'local-kfp.localhost');
  source = `${at(vendor)}/vendor/pipelines`;
  const rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `targets:
  acme: { templates: '${at(acme)}/acme/pipelines', bucket: gs://acme/in }
rules:
  - { name: pipelines, source: '${source}', tags: { include: ['v*'] }, targets: [acme] }
  - { name: models, source: gs://vendor/released, objects: ['**/*.bin', '*.bin'], targets: [acme] }
`,
  );
  broker.createTopic(topicNamed('release-events'));
  broker.createSubscription({
    name: subscriptionNamed('release-events'),
    topic: topicNamed('release-events'),
  });
  Object.assign(process.env, {
    RULES_FILE: rules,
    ...deployTopics(broker),
    RELEASE_EVENTS_TOPIC: topicNamed('release-events'),
    STORAGE_EMULATOR_HOST: storage.origin,
    COPY_TIMEOUT_SECONDS: '2',
  });
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  await import('./index.js');
});

beforeEach(async () => {
  await takeReleaseEvents();
  entries.length = 0;
  notifications.length = 0;
});

afterAll(async () => {
  jest.restoreAllMocks();
  await Promise.all([broker.close(), vendor.close(), acme.close(), storage.close()]);
  rmSync(folder, { recursive: true });
});

describe('a template', () => {
  it('is released from its log entry to its target, and once', async () => {
    const where = { origin: vendor.origin, repository: 'vendor/pipelines' };
    const version = await pushTemplate(where, pipeline('train'), ['v1', 'nightly']);
    expect(entries).toHaveLength(1);
    const planned = await deliver('planCopies', 'template-uploads', JSON.stringify(entries[0]));
    expect(planned).toBe(
      `local-kfp.pkg.dev/vendor/pipelines/train@${version}: 1 copy job published, for acme`,
    );
    const [answer, ...others] = await copyAll();
    expect(answer).toMatch(`copied ${source}/train:v1@${version} to `);
    expect(others).toStrictEqual([]);
    expect(await acme.tags('acme/pipelines/train')).toMatchObject([{ tag: 'v1', version }]);
    expect(await takeReleaseEvents()).toMatchObject([
      {
        type: 'dev.registry-relay.release.copied',
        data: { kind: 'template', rule: 'pipelines', target: 'acme', digest: version },
      },
    ]);

    await deliver('planCopies', 'template-uploads', JSON.stringify(entries[0]));
    expect(await copyAll()).toEqual([expect.stringMatching(/ already holds /)]);
  });

  it('is released when a tag is set later', async () => {
    const where = { origin: vendor.origin, repository: 'vendor/pipelines' };
    const version = await pushTemplate(where, pipeline('eval'), []);
    const name = 'projects/vendor/locations/local/repositories/pipelines/packages/eval';
    const plan = () => deliver('planCopies', 'template-uploads', JSON.stringify(entries.at(-1)));
    expect(await plan()).toMatch(/has no tag that a rule wants: nothing to copy$/);
    await request(vendor.origin)
      .post(`/v1/${name}/tags?tagId=v7`)
      .send({ version: `${name}/versions/${version}` });
    expect(await plan()).toMatch(/eval:v7: 1 copy job published, for acme$/);
    expect(await copyAll()).toHaveLength(1);
    expect(await acme.versionOf('acme/pipelines/eval', 'v7')).toBe(version);
  });

  it('is loaded from the registry only where the log leaves its tags open', async () => {
    vendor.requests.reset();
    const resourceName =
      'projects/vendor/locations/local/repositories/pipelines/packages/x/tags/v1';
    const entry = { protoPayload: { methodName: 'Kfp-UploadPackage', resourceName } };
    await deliver('planCopies', 'template-uploads', JSON.stringify(entry));
    expect(vendor.requests.of()).toStrictEqual([]);
    expect(await takeJobs()).toHaveLength(1);
  });
});

describe('an object', () => {
  it('is released from its notification to its target, and once', async () => {
    const { generation } = storage.put('vendor', 'released/a/model.bin', 'weights', {
      contentType: 'x/y',
    });
    const [told] = notifications;
    const plan = () =>
      deliver('planCopies', 'object-changes', JSON.stringify(told?.data), told?.attributes);
    expect(await plan()).toBe(
      `gs://vendor/released/a/model.bin#${generation}: 1 copy job published, for acme`,
    );
    expect(await copyAll()).toEqual([
      expect.stringMatching(
        /^copied gs:\/\/vendor\/released\/a\/model\.bin#\d+ to gs:\/\/acme\/in\/a\/model\.bin /,
      ),
    ]);
    expect(storage.find('acme', 'in/a/model.bin')).toMatchObject({
      description: { contentType: 'x/y' },
    });
    expect(await takeReleaseEvents()).toMatchObject([
      {
        type: 'dev.registry-relay.release.copied',
        time: storage.find('acme', 'in/a/model.bin')?.updated.toISOString(),
        subject: 'gs://acme/in/a/model.bin',
        data: {
          kind: 'object',
          digest: `crc32c:${storage.find('acme', 'in/a/model.bin')?.content.crc32c}`,
        },
      },
    ]);
    storage.requests.reset();
    await plan();
    expect(await copyAll()).toEqual([expect.stringMatching(/ already holds /)]);
    expect(storage.requests.counts()).toEqual({ getObject: 1 });
  });

  it('that takes longer than an attempt continues with its token and finishes', async () => {
    const size = 5 * 1024 * 1024;
    storage.put('vendor', 'released/huge.bin', { size, crc32c: 'AAAAAA==' });
    storage.faults.add({ on: 'rewriteObject', after: 2, times: 1, delayMs: 60_000 });
    const job = { kind: 'object', source: 'gs://vendor/released/huge.bin', target: 'acme' };
    storage.requests.reset();
    const first = await deliver('copyArtifact', 'copy-jobs', JSON.stringify(job));
    expect(first).toMatch(/^continued in a new job: .*with 2097152 bytes rewritten/);
    expect(await copyAll()).toEqual([expect.stringMatching(/^copied /)]);
    // Two of the first attempt, one that it gave up, and what the token left over.
    expect(storage.requests.counts()).toMatchObject({ rewriteObject: 6 });
    expect(storage.find('acme', 'in/huge.bin')).toMatchObject({ content: { size } });
  });

  it('that no rule releases is given up', async () => {
    const job = { kind: 'object', source: 'gs://vendor/secret.bin', target: 'acme' };
    expect(await deliver('copyArtifact', 'copy-jobs', JSON.stringify(job))).toMatch(
      /^dead-lettered: gs:\/\/vendor\/secret\.bin: not-allowed: /,
    );
    const unknown = JSON.stringify({ ...job, kind: 'chart' });
    expect(await deliver('copyArtifact', 'copy-jobs', unknown)).toMatch(
      /^dead-lettered: message 11: invalid-message: Not a copy job: "kind"/,
    );
  });
});

describe('is reported in release events', () => {
  /** Denials and absences are believed by then. */
  const attributes = { since: new Date(Date.now() - 3_600_000).toISOString() };
  const settle = async (kind: string, from: string) => {
    const job = JSON.stringify({ kind, source: from, target: 'acme' });
    await deliver('copyArtifact', 'copy-jobs', job, attributes);
    return (await takeReleaseEvents()).map(({ type, data }) => [
      type.replace(/.*\./, ''),
      data.kind,
      data.reason,
      data.holds,
    ]);
  };

  it('of a template', async () => {
    const where = { origin: vendor.origin, repository: 'vendor/pipelines' };
    await pushTemplate(where, pipeline('denied'), ['v1']);
    acme.faults.add({ on: 'upload', answer: { status: 403 }, times: Infinity });
    expect(await settle('template', `${source}/denied:v1`)).toEqual([
      ['failed', 'template', 'target-denied', undefined],
    ]);
    acme.faults.clear();
    expect(await settle('template', `${source}/denied:v2`)).toEqual([
      ['withdrawn', 'template', 'source-gone', undefined],
    ]);
    expect(await settle('template', `${source}/denied:v1`)).toEqual([
      ['copied', 'template', undefined, undefined],
    ]);
  });

  it('of an object', async () => {
    const from = 'gs://vendor/released/denied.bin';
    storage.put('vendor', 'released/denied.bin', 'weights');
    storage.put('acme', 'in/denied.bin', 'before');
    const before = storage.find('acme', 'in/denied.bin')?.content.crc32c;
    storage.faults.add({ on: 'rewriteObject', answer: { status: 403 }, times: Infinity });
    expect(await settle('object', from)).toEqual([
      ['failed', 'object', 'target-denied', `crc32c:${before}`],
    ]);
    storage.faults.clear();
    expect(await settle('object', 'gs://vendor/released/gone.bin')).toEqual([
      ['withdrawn', 'object', 'source-gone', undefined],
    ]);
    expect(await settle('object', from)).toEqual([['copied', 'object', undefined, undefined]]);
  });
});
