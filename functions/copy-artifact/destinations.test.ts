import { signature } from '../../local/images/attachments';
import { together } from '../../local/images/content';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import type { OutgoingMessage } from '../../shared/jobs/copy-job';
import { parseRules } from '../../shared/kinds/rules';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { createJumpingClock, type JumpingClock } from '../../test/support/jumping-clock';
import { createFunction } from './function';

const topic = (name: string): string => `projects/p/topics/${name}`;
const api = image({ config: { seed: 'api' }, tag: 'v1' });
const late = signature(api.root);

let vendor: Registry;
let acme: Registry;
let registries: RegistryClient;
let clock: JumpingClock;
let published: { topic: string; message: OutgoingMessage }[];
let lines: Record<string, unknown>[];

beforeEach(async () => {
  [vendor, acme] = [await createRegistry(), await createRegistry()];
  clock = createJumpingClock();
  registries = createRegistryClient({ plainHttpHosts: ['127.0.0.1'], clock, random: () => 0.5 });
  [published, lines] = [[], []];
  for (const path of ['acme/first/api', 'acme/second/api']) {
    await push(api, { registry: acme.address, repository: path });
  }
  await push(together(api, late), { registry: vendor.address, repository: 'vendor/api' });
});
afterEach(async () => {
  await registries.close();
  await Promise.all([vendor.close(), acme.close()]);
});

/** A job without a rule, for a late signature of an image that two rules bring to two paths of one target. */
function deliver(attributes: Readonly<Record<string, string>> = {}): Promise<string> {
  const write = (fields: object) => void lines.push({ ...fields });
  const copyArtifact = createFunction({
    config: {
      RULES_FILE: parseRules(`
targets: { acme: { repository: ${acme.address}/acme } }
rules:
  - { name: first, source: ${vendor.address}/vendor, as: 'first/{image}:{tag}', targets: [acme] }
  - { name: second, source: ${vendor.address}/vendor, as: 'second/{image}:{tag}', targets: [acme] }
`),
      COPY_JOBS_TOPIC: topic('copy-jobs'),
      COPY_RETRIES_TOPIC: topic('copy-retries'),
      DEAD_LETTER_TOPIC: topic('dead-letters'),
      MAX_MANIFEST_BYTES: 4_194_304,
      GRACE_SECONDS: 600,
      LOG_LEVEL: 'info',
      PLAIN_HTTP_HOSTS: ['127.0.0.1'],
      DOCKER_CONFIG: undefined,
      COPY_TIMEOUT_SECONDS: 480,
      BLOB_CONCURRENCY: 8,
      STORAGE_EMULATOR_HOST: undefined,
    },
    registries,
    publish(to, messages) {
      published.push(...messages.map((message) => ({ topic: to, message })));
      return Promise.resolve();
    },
    clock,
    random: () => 0.5,
    logFor: () => ({ info: write, warn: write, error: write }),
  });
  const source = `${vendor.address}/vendor/api@${late.root.digest}`;
  return copyArtifact({
    source: `//pubsub.googleapis.com/${topic('copy-jobs')}`,
    data: {
      message: {
        data: Buffer.from(JSON.stringify({ source, target: 'acme' })).toString('base64'),
        attributes,
        messageId: '1',
        publishTime: new Date(clock.now()).toISOString(),
      },
    },
  });
}

const refuse = (repository: string, status: number) =>
  acme.faults.add({ on: 'putManifest', repository, answer: { status }, times: Infinity });
const holds = (path: string) =>
  acme.requests
    .of('putManifest')
    .some(
      (one) => one.path.includes(path) && one.path.endsWith(late.root.digest) && one.status === 201,
    );

describe('a job with two destinations', () => {
  it('reaches the second while the first fails, and is retried', async () => {
    refuse('acme/first/api', 503);
    expect(await deliver()).toMatch(/^will be retried: .*registry-unavailable/);
    expect(holds('acme/second/api')).toBe(true);
    expect(published.map((one) => one.topic)).toEqual([topic('copy-retries')]);
  });

  it('reports a failure for good once no retry can help the other one', async () => {
    const old = { since: new Date(clock.now() - 3_600_000).toISOString() };
    refuse('acme/first/api', 403);
    refuse('acme/second/api', 503);
    expect(await deliver(old)).toMatch(/^will be retried: .*registry-unavailable/);
    acme.faults.clear();
    refuse('acme/first/api', 403);
    expect(await deliver(old)).toMatch(/^dead-lettered: .*target-denied/);
    expect(holds('acme/second/api')).toBe(true);
    expect(lines).toMatchObject([{ outcome: 'retrying' }, { outcome: 'dead-lettered' }]);
  });
});
