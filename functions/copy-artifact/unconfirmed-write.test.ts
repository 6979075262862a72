import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { RedeliverError } from '../../shared/delivery/outbox';
import type { OutgoingMessage } from '../../shared/jobs/copy-job';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { parseRules } from '../../shared/kinds/rules';
import { createJumpingClock, type JumpingClock } from '../../test/support/jumping-clock';
import { createFunction } from './function';

const GRACE = 600;
const topics = { main: 'projects/p/topics/copy-jobs', retry: 'projects/p/topics/copy-retries' };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let vendor: Registry;
let acme: Registry;
let registries: RegistryClient;
let clock: JumpingClock;
let published: { topic: string; message: OutgoingMessage }[];

beforeEach(async () => {
  [vendor, acme] = [await createRegistry(), await createRegistry()];
  clock = createJumpingClock();
  registries = createRegistryClient({
    plainHttpHosts: ['127.0.0.1'],
    clock,
    random: () => 0.5,
  });
  published = [];
});
afterEach(async () => {
  await registries.close();
  await Promise.all([vendor.close(), acme.close()]);
});

const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });
const publish = (seed: string) =>
  push(release(seed), { registry: vendor.address, repository: 'vendor/api' });
const held = () => acme.digestOf('acme/api', 'v1');

/** One instance of the function: what one has in memory, another does not have. */
function createInstance() {
  const rules = parseRules(`
targets:
  acme: { repository: ${acme.address}/acme }
rules:
  - { name: all, source: ${vendor.address}/vendor, targets: [acme] }
`);
  const deliver = createFunction({
    config: {
      RULES_FILE: rules,
      COPY_JOBS_TOPIC: topics.main,
      COPY_RETRIES_TOPIC: topics.retry,
      DEAD_LETTER_TOPIC: 'projects/p/topics/dead-letters',
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
    publish: (topic, messages) => {
      published.push(...messages.map((message) => ({ topic, message })));
      return Promise.resolve();
    },
    clock,
    random: () => 0.5,
    logFor: () => log,
  });
  return (message: OutgoingMessage, topic = topics.main) =>
    deliver({
      source: `//pubsub.googleapis.com/${topic}`,
      data: {
        message: {
          data: Buffer.from(message.data).toString('base64'),
          attributes: message.attributes,
          messageId: '1',
          publishTime: new Date(clock.now()).toISOString(),
        },
      },
    });
}

const job = (): OutgoingMessage => ({
  data: Buffer.from(JSON.stringify({ source: `${vendor.address}/vendor/api:v1`, target: 'acme' })),
  attributes: {},
});

it('puts a tag right over which a write came late, after another job had moved it on', async () => {
  await publish('one');
  const [first, second] = [createInstance(), createInstance()];
  // The registry gives up on the first try, which is still under way somewhere; the second one is answered.
  acme.faults.add({ on: 'putManifest', reference: 'v1', answer: { status: 504, late: true } });
  expect(await first(job())).toMatch(
    /^copied .*; a tag write is unconfirmed .*; will be checked again$/,
  );
  expect(published).toMatchObject([{ topic: topics.retry }]);
  const { message } = published[0]!;

  await publish('two');
  expect(await second(job())).toMatch(/^copied /);
  expect(published).toHaveLength(1);
  await push(release('one'), { registry: acme.address, repository: 'acme/api' });
  expect(await held()).toBe(release('one').root.digest);

  await expect(first(message, topics.retry)).rejects.toThrow(RedeliverError);
  expect(await held()).toBe(release('two').root.digest);

  await push(release('one'), { registry: acme.address, repository: 'acme/api' });
  await clock.sleep(GRACE * 1000);
  expect(await first(message, topics.retry)).toMatch(/^copied /);
  expect(await held()).toBe(release('two').root.digest);
  expect(published).toHaveLength(1);
});

it('looks again, too, where no try had a clear answer', async () => {
  await publish('one');
  const deliver = createInstance();
  acme.faults.add({ on: 'putManifest', reference: 'v1', times: 3, dropAnswer: true });
  expect(await deliver(job())).toMatch(/^will be retried: .*: network: /);
  const { message, topic } = published[0]!;
  expect(topic).toBe(topics.retry);
  // The word of one read: the target holds it already.
  expect(await held()).toBe(release('one').root.digest);
  await expect(deliver(message, topics.retry)).rejects.toThrow(RedeliverError);
  await clock.sleep(GRACE * 1000);
  expect(await deliver(message, topics.retry)).toMatch(/already holds/);
});

it('is done at once where every write had its answer', async () => {
  await publish('one');
  acme.faults.add({ on: 'putBlob', answer: { status: 503, late: true } });
  expect(await createInstance()(job())).toMatch(/^copied [^;]*$/);
  expect(published).toStrictEqual([]);
});
