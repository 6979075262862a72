import { generateKeyPairSync } from 'node:crypto';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { RedeliverError } from '../../shared/delivery/outbox';
import { FAILURES } from '../../shared/delivery/failures';
import type { OutgoingMessage } from '../../shared/jobs/copy-job';
import { parseRules } from '../../shared/kinds/rules';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { createJumpingClock, type JumpingClock } from '../../test/support/jumping-clock';
import { readReleaseEvent } from '../../test/support/read-release-event';
import { createFunction } from './function';

const GRACE = 600;
const TOPIC = 'projects/p/topics/release-events';
const topics = { main: 'projects/p/topics/copy-jobs', retry: 'projects/p/topics/copy-retries' };
const deadLetters = 'projects/p/topics/dead-letters';
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const PUBLIC_KEY = generateKeyPairSync('ed25519')
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();

let vendor: Registry;
let acme: Registry;
let registries: RegistryClient;
let clock: JumpingClock;
let published: { topic: string; message: OutgoingMessage }[];
/** Topics that take nothing. */
let away: string[];

beforeEach(async () => {
  [vendor, acme] = [await createRegistry(), await createRegistry()];
  clock = createJumpingClock();
  registries = createRegistryClient({ plainHttpHosts: ['127.0.0.1'], clock, random: () => 0.5 });
  [published, away] = [[], []];
});
afterEach(async () => {
  await registries.close();
  await Promise.all([vendor.close(), acme.close()]);
});

const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });
const publish = (seed: string) =>
  push(release(seed), { registry: vendor.address, repository: 'vendor/api' });

interface Setting {
  readonly deadline?: JumpingClock['deadline'];
  readonly releaseEventsTopic?: string | null;
  readonly target?: string;
  readonly rule?: string;
}

/** One instance of the function, and what it is sent. */
function createInstance({
  releaseEventsTopic = TOPIC,
  target = '',
  rule = '',
  ...more
}: Setting = {}) {
  const deliver = createFunction({
    config: {
      RULES_FILE: parseRules(
        `
signers: { release: { key: release.pub } }
targets:
  acme: { repository: ${acme.address}/acme${target} }
rules:
  - { name: all, source: ${vendor.address}/vendor, targets: [acme]${rule} }
`,
        'rules.yaml',
        () => PUBLIC_KEY,
      ),
      COPY_JOBS_TOPIC: topics.main,
      COPY_RETRIES_TOPIC: topics.retry,
      DEAD_LETTER_TOPIC: deadLetters,
      RELEASE_EVENTS_TOPIC: releaseEventsTopic ?? undefined,
      MAX_MANIFEST_BYTES: 4_194_304,
      GRACE_SECONDS: GRACE,
      LOG_LEVEL: 'info',
      PLAIN_HTTP_HOSTS: ['127.0.0.1'],
      DOCKER_CONFIG: undefined,
      COPY_TIMEOUT_SECONDS: 480,
      BLOB_CONCURRENCY: 8,
      STORAGE_EMULATOR_HOST: undefined,
    },
    registries,
    publish(topic, messages) {
      if (away.includes(topic)) return Promise.reject(new Error('UNAVAILABLE'));
      published.push(...messages.map((message) => ({ topic, message })));
      return Promise.resolve();
    },
    clock: { ...clock, ...more },
    random: () => 0.5,
    logFor: () => log,
  });
  return (
    { data, attributes }: OutgoingMessage,
    { since = clock.now(), topic = topics.main } = {},
  ) =>
    deliver({
      source: `//pubsub.googleapis.com/${topic}`,
      data: {
        message: {
          data: Buffer.from(data).toString('base64'),
          attributes,
          messageId: '1',
          publishTime: new Date(since).toISOString(),
        },
      },
    });
}

const job = (source = 'api:v1', attributes = {}): OutgoingMessage => ({
  data: Buffer.from(
    JSON.stringify({ source: `${vendor.address}/vendor/${source}`, target: 'acme' }),
  ),
  attributes,
});

/** The release events published so far. */
function releaseEvents(): (ReturnType<typeof readReleaseEvent> &
  Pick<OutgoingMessage, 'attributes'>)[] {
  return published
    .filter(({ topic }) => topic === TOPIC)
    .map(({ message }) => ({ ...readReleaseEvent(message), attributes: message.attributes }));
}

it('report a release at its target', async () => {
  await publish('one');
  const since = Date.parse('2026-11-24T12:00:00Z');
  await createInstance()(job(), { since });
  const { digest } = release('one').root;
  const destination = `${acme.address}/acme/api:v1`;
  const type = 'dev.registry-relay.release.copied';
  expect(releaseEvents()).toEqual([
    {
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      source: `//pubsub.googleapis.com/${TOPIC}`,
      type,
      subject: destination,
      time: expect.any(String) as string,
      datacontenttype: 'application/json',
      data: {
        target: 'acme',
        rule: 'all',
        kind: 'image',
        source: `${vendor.address}/vendor/api:v1`,
        destination,
        digest,
        bytes: expect.any(Number) as number,
        duration: expect.any(Number) as number,
        since: '2026-11-24T12:00:00.000Z',
      },
      attributes: {
        target: 'acme',
        rule: 'all',
        kind: 'image',
        type,
        'content-type': 'application/cloudevents+json',
      },
    },
  ]);
});

it('count right: a redelivery is the same, a rollback is another', async () => {
  const deliver = createInstance();
  await publish('one');
  const since = clock.now();
  await deliver(job(), { since });
  await clock.sleep(60_000);
  expect(await deliver(job(), { since })).toMatch(/already holds/);
  await publish('two');
  await deliver(job());
  await clock.sleep(60_000);
  await publish('one');
  await deliver(job());
  const reported = releaseEvents();
  expect(new Set(reported.map(({ id }) => id)).size).toBe(3);
  expect(reported[1]?.id).toBe(reported[0]?.id);
  expect(reported.map(({ data }) => data.digest)).toEqual(
    ['one', 'one', 'two', 'one'].map((seed) => release(seed).root.digest),
  );
  expect(reported.map(({ data }) => data.bytes === 0)).toEqual([false, true, false, false]);
  const times = reported.map(({ time }) => time);
  expect(times.toSorted()).toEqual(times);
});

it('are published before the ack, and by the delivery that finds the work of a killed one done', async () => {
  await publish('one');
  away = [TOPIC];
  const since = clock.now();
  expect(await createInstance()(job(), { since })).toMatch(
    /^copied .*; release event will be retried$/,
  );
  expect(await acme.digestOf('acme/api', 'v1')).toBe(release('one').root.digest);
  // On the retry queue alone a delivery is refused.
  expect(published.map(({ topic }) => topic)).toEqual([topics.retry]);
  const { message } = published[0]!;
  const late = createInstance()(message, { topic: topics.retry });
  await expect(late).rejects.toThrow(RedeliverError);
  expect(published).toHaveLength(1);
  away = [];
  // Another instance, by the retry queue, knows the job by its age alone.
  const attributes = { since: new Date(since).toISOString() };
  expect(await createInstance()(job('api:v1', attributes), { topic: topics.retry })).toMatch(
    /already holds/,
  );
  expect(releaseEvents()).toMatchObject([{ data: { bytes: 0, since: attributes.since } }]);
  const [{ id } = { id: '' }] = releaseEvents();
  await createInstance()(job(), { since });
  expect(releaseEvents()[1]?.id).toBe(id);
});

it('say what failed, why, and what to do', async () => {
  await publish('one');
  await push(release('other'), { registry: acme.address, repository: 'acme/api' });
  const deliver = createInstance({ rule: ', immutable: true' });
  expect(await deliver(job())).toMatch(/^dead-lettered: .*tag-conflict/);
  expect(releaseEvents()).toMatchObject([
    {
      type: 'dev.registry-relay.release.failed',
      data: {
        reason: 'tag-conflict',
        remedy: FAILURES['tag-conflict'].remedy,
        destination: `${acme.address}/acme/api:v1`,
        duration: expect.any(Number) as number,
        holds: release('other').root.digest,
      },
    },
  ]);
  expect(published.map(({ topic }) => topic)).toEqual([TOPIC, deadLetters]);
  away = [TOPIC];
  expect(await deliver(job())).toMatch(/tag-conflict.*; release event will be retried$/);
  expect(published.slice(2).map(({ topic }) => topic)).toEqual([topics.retry]);
});

it.each([topics.main, topics.retry])(
  'that cannot be published do not make a job of %s forget that a tag may be written late',
  async (topic) => {
    await publish('one');
    away = [TOPIC];
    acme.faults.add({ on: 'putManifest', reference: 'v1', answer: { status: 504, late: true } });
    expect(await createInstance()(job(), { topic })).toMatch(/; release event will be retried$/);
    expect(published).toMatchObject([
      {
        topic: topics.retry,
        message: { attributes: { unconfirmedSince: expect.any(String) as string } },
      },
    ]);
  },
);

it('say what is held back, once that is believed, and what is there meanwhile', async () => {
  await publish('one');
  await push(release('before'), { registry: acme.address, repository: 'acme/api' });
  const rule = ', require: [{ statement: signature, by: [release] }]';
  const deliver = createInstance({ rule });
  await deliver(job());
  expect(releaseEvents()).toStrictEqual([]);
  expect(await deliver(job(), { since: clock.now() - GRACE * 1000 })).toMatch(/^held: /);
  expect(releaseEvents()).toMatchObject([
    {
      type: 'dev.registry-relay.release.held',
      data: {
        reason: 'unproven',
        remedy: FAILURES.unproven.remedy,
        holds: release('before').root.digest,
      },
    },
  ]);
});

it('say what was withdrawn, once that is believed', async () => {
  const deliver = createInstance();
  const digest = release('gone').root.digest;
  const since = clock.now() - GRACE * 1000;
  await push(release('one'), { registry: vendor.address, repository: 'vendor/web' });
  await deliver(job(`api:v1@${digest}`));
  expect(releaseEvents()).toStrictEqual([]);
  expect(await deliver(job(`api:v1@${digest}`), { since })).toMatch(/^withdrawn/);
  expect(releaseEvents()).toMatchObject([
    {
      type: 'dev.registry-relay.release.withdrawn',
      data: { digest, reason: 'source-gone', remedy: FAILURES['source-gone'].remedy },
    },
  ]);
});

it('come late where the target does not say in time what it holds', async () => {
  const bounds: number[] = [];
  const timeouts: AbortController[] = [];
  const deadline = (milliseconds: number) => {
    bounds.push(milliseconds);
    timeouts.push(new AbortController());
    return { signal: timeouts.at(-1)!.signal, release: () => undefined };
  };
  await push(release('one'), { registry: vendor.address, repository: 'vendor/web' });
  acme.faults.add({
    on: 'headManifest',
    // The first is the copy's.
    after: 1,
    before: () => timeouts.at(-1)?.abort(new DOMException('too late', 'TimeoutError')),
    stallAfter: 0,
  });
  const deliver = createInstance({ deadline });
  const since = clock.now() - GRACE * 1000;
  expect(await deliver(job(), { since })).toMatch(/^will be retried: .*: deadline: could not see/);
  expect(published.map(({ topic }) => topic)).toEqual([topics.retry]);
  // Both together are over before the function is ended, with time to answer.
  expect(bounds).toEqual([480_000, 20_000]);
  expect(await deliver(job(), { since })).toMatch(/^withdrawn/);
  expect(releaseEvents()).toHaveLength(1);
});

it('is published for the first job after a pause', async () => {
  await publish('one');
  const until = new Date(clock.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const deliver = createInstance({ target: `, paused: { until: ${until}, reason: migration }` });
  expect(await deliver(job())).toMatch(
    /^acme is paused until .* UTC: migration; .* is not copied; `reconcile` delivers afterwards$/,
  );
  expect(await acme.tags('acme/api')).toStrictEqual([]);
  await clock.sleep(3_600_000);
  expect(await deliver(job())).toMatch(/^copied/);
  expect(releaseEvents()).toHaveLength(1);
});

describe('none is', () => {
  it('published where no topic is set', async () => {
    await publish('one');
    await createInstance({ releaseEventsTopic: null })(job());
    expect(published).toStrictEqual([]);
  });

  it('are not published for a paused target or a job that no rule allows', async () => {
    await publish('one');
    expect(await createInstance({ target: ', paused: true' })(job())).toMatch(/paused/);
    const deliver = createInstance({ rule: ', images: [web]' });
    expect(await deliver(job())).toMatch(/^dead-lettered: .*not-allowed/);
    expect(releaseEvents()).toStrictEqual([]);
  });

  it('are not published for an attachment, which is not a release', async () => {
    await publish('one');
    const { root } = release('one');
    const signature = image({ config: { signature: 1 }, subject: root });
    await push(signature, { registry: vendor.address, repository: 'vendor/api' });
    const deliver = createInstance();
    await deliver(job());
    expect(await deliver(job(`api@${signature.root.digest}`))).toMatch(/already holds|copied/);
    expect(releaseEvents()).toHaveLength(1);
  });

  it('a further request to a registry', async () => {
    const counts: object[] = [];
    for (const [seed, releaseEventsTopic] of [
      ['one', null],
      ['two', TOPIC],
    ] as const) {
      await publish(seed);
      const deliver = createInstance({ releaseEventsTopic });
      // The second copy of a process knows no less than the first.
      await deliver(job());
      [vendor, acme].forEach(({ requests }) => requests.reset());
      await push(release(`${seed} more`), { registry: vendor.address, repository: 'vendor/api' });
      vendor.requests.reset();
      await deliver(job());
      counts.push([vendor.requests.counts(), acme.requests.counts()]);
    }
    expect(counts[1]).toEqual(counts[0]);
    expect(releaseEvents()).toHaveLength(2);
  });
});
