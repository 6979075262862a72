import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { image, index } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import type { OutgoingMessage } from '../shared/jobs/copy-job';
import { parseRules } from '../shared/kinds/rules';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import { createJumpingClock, type JumpingClock } from '../test/support/jumping-clock';
import { createFunction as createCopyArtifact } from './copy-artifact/function';
import { createFunction as createPlanCopies } from './plan-copies/function';
import { createFunction as createPromote } from './promote/function';

const topic = (name: string): string => `projects/p/topics/${name}`;
const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { privateKey, publicKey } = keyPair();
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const HOUR = 3_600_000;

let vendor: Registry;
let customers: Registry;
let registries: RegistryClient;
let clock: JumpingClock;
let queue: { topic: string; message: OutgoingMessage }[];
let lines: Record<string, unknown>[];
let answers: string[];

beforeEach(async () => {
  queue = [];
  lines = [];
  answers = [];
  vendor = await createRegistry({
    onMessage: (message) =>
      void queue.push({
        topic: topic('gcr'),
        message: { data: Buffer.from(JSON.stringify(message)), attributes: {} },
      }),
  });
  customers = await createRegistry();
  clock = createJumpingClock();
  registries = createRegistryClient({ plainHttpHosts: ['127.0.0.1'], clock, random: () => 0.5 });
});
afterEach(async () => {
  await registries.close();
  await Promise.all([vendor.close(), customers.close()]);
});

interface Setting {
  /** Of the rule `canaries`. */
  readonly canaries?: string;
  readonly targets?: string;
  readonly more?: string;
  readonly key?: KeyObject;
}

/** The three functions, and what they publish. */
function start({ canaries = '', key = privateKey, more = '', targets = '' }: Setting = {}) {
  const place = (name: string, options = '') =>
    `  ${name}: { repository: ${customers.address}/${name}${options} }\n`;
  const rules = parseRules(
    `
signers: { relay: { key: relay.pub } }
targets:
${place('canary')}${place('second', targets)}${place('acme')}${place('globex')}
rules:
  - { name: canaries, source: ${vendor.address}/vendor, images: [api]${canaries}, targets: [canary, second] }
  - { name: everyone, after: { rule: canaries, soak: 24h, by: [relay] }, override: [relay], targets: [canary, acme] }
${more}`,
    'rules.yaml',
    () => PEM,
  );
  const common = {
    COPY_JOBS_TOPIC: topic('copy-jobs'),
    DEAD_LETTER_TOPIC: topic('dead-letters'),
    MAX_MANIFEST_BYTES: 4_194_304,
    GRACE_SECONDS: 600,
    LOG_LEVEL: 'info' as const,
    PLAIN_HTTP_HOSTS: ['127.0.0.1'],
    DOCKER_CONFIG: undefined,
    RULES_FILE: rules,
    ARTIFACT_REGISTRY_EMULATOR_HOST: undefined,
  };
  const note = (fields: object) => void lines.push(fields as Record<string, unknown>);
  const parts = {
    registries,
    clock,
    random: () => 0.5,
    publish: (to: string, messages: readonly OutgoingMessage[]) => {
      queue.push(...messages.map((message) => ({ topic: to, message })));
      return Promise.resolve();
    },
    logFor: () => ({ info: note, warn: note, error: note }),
  };
  const planCopies = createPlanCopies({
    ...parts,
    config: { ...common, PLAN_RETRIES_TOPIC: topic('plan-retries') },
    openRegistries: () => Promise.resolve(registries),
    artifactRegistry: { tagsOf: () => Promise.resolve([]) },
  });
  const copyArtifact = createCopyArtifact({
    ...parts,
    config: {
      ...common,
      COPY_RETRIES_TOPIC: topic('copy-retries'),
      RELEASE_EVENTS_TOPIC: undefined,
      COPY_TIMEOUT_SECONDS: 480,
      BLOB_CONCURRENCY: 8,
      STORAGE_EMULATOR_HOST: undefined,
    },
  });
  const promote = createPromote({
    ...parts,
    config: {
      ...common,
      STAGE_SIGNING_KEY: { key },
      REQUESTS_PER_SECOND: 1_000_000,
      PROMOTE_SECONDS: 240,
    },
    artifactRegistry: { listImages: () => Promise.resolve({ images: [] }) },
  });
  const byTopic = new Map([
    [topic('gcr'), planCopies],
    [topic('copy-jobs'), copyArtifact],
    [topic('promote'), promote],
  ]);
  const deliver = async (to: string, { data, attributes }: OutgoingMessage, age = 0) => {
    const publishTime = new Date(clock.now() - age).toISOString();
    const message = { data: Buffer.from(data).toString('base64'), attributes, messageId: '1' };
    const event = {
      source: `//pubsub.googleapis.com/${to}`,
      data: { message: { ...message, publishTime } },
    };
    const answer = await byTopic.get(to)?.(event);
    answers.push(answer ?? '');
    return answer ?? '';
  };
  return {
    deliver,
    /** Delivers all that is waiting; retries are dropped. */
    settle: async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (byTopic.has(next.topic)) await deliver(next.topic, next.message);
      }
    },
    sweep: (body: object | string = {}) =>
      deliver(topic('promote'), {
        data: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
        attributes: {},
      }),
  };
}

const release = (seed: string, tag = 'v1') =>
  image({ layers: [layer({ seed })], config: { seed }, tag });
const publish = (one: ReturnType<typeof release>) =>
  push(one, { registry: vendor.address, repository: 'vendor/api' });
const held = (target: string, tag = 'v1') => customers.digestOf(`${target}/api`, tag);
const later = (milliseconds: number) => clock.sleep(milliseconds);
const statements = (one: ReturnType<typeof release>) =>
  vendor.requests
    .of('putManifest')
    .filter(({ path }) => path.includes('sha256:') && !path.endsWith(one.root.digest)).length;

it('brings a release to canaries, and after the soak to everyone, without a hand', async () => {
  const { settle, sweep } = start();
  const one = release('one');
  await publish(one);
  await settle();
  expect(answers[0]).toMatch(/: 2 copy jobs published, for canary, second; everyone waits for an/);
  expect(await Promise.all([held('canary'), held('second'), held('acme')])).toEqual([
    one.root.digest,
    one.root.digest,
    undefined,
  ]);
  expect(await sweep()).toBe('1 release read, 1 stage open');
  await settle();
  expect(answers.at(-1)).toMatch(/opens nothing yet: everyone waits for its stage/);
  expect(await sweep({ reference: `${vendor.address}/vendor/api:v1` })).toMatch(
    /everyone: soaks until /,
  );
  await later(23 * HOUR);
  await sweep();
  await settle();
  expect(await held('acme')).toBeUndefined();
  await later(HOUR);
  expect(await sweep()).toBe('1 release read, 0 stages open');
  await settle();
  expect(await held('acme')).toBe(one.root.digest);
  expect(await held('globex')).toBeUndefined();
  vendor.requests.reset();
  expect(await sweep()).toBe('1 release read, 0 stages open');
  expect(vendor.requests.of('putManifest')).toHaveLength(0);
  // What has passed goes out at once.
  await publish(release('two'));
  await settle();
  expect(await held('acme')).toBe(one.root.digest);
  await publish(one);
  await settle();
  expect(answers.filter((line) => line.includes('3 copy jobs'))).toHaveLength(1);
});

it('a job that meets the gate is retried for its grace period, then acknowledged as waiting', async () => {
  const { deliver } = start();
  await publish(release('one'));
  const job = { source: `${vendor.address}/vendor/api:v1`, target: 'acme', rule: 'everyone' };
  const message = { data: Buffer.from(JSON.stringify(job)), attributes: {} };
  expect(await deliver(topic('copy-jobs'), message)).toMatch(
    /^will be retried: .*stage-not-passed/,
  );
  expect(await deliver(topic('copy-jobs'), message, 600_000)).toMatch(/^waiting: /);
  expect(lines.at(-1)).toMatchObject({ outcome: 'waiting', reason: 'stage-not-passed' });
  expect(await held('acme')).toBeUndefined();
});

describe('a stage', () => {
  it('does not begin while a target lacks the release, which is asked first the next time', async () => {
    const { deliver, sweep } = start();
    const one = release('one');
    await publish(one);
    queue = [];
    const to = (target: string) => ({
      data: Buffer.from(JSON.stringify({ source: `${vendor.address}/vendor/api:v1`, target })),
      attributes: {},
    });
    await deliver(topic('copy-jobs'), to('canary'));
    await sweep();
    expect(lines.find(({ outcome }) => outcome === 'stage')).toMatchObject({
      rule: 'everyone',
      open: 1,
      waitingFor: ['second'],
      overdue: 0,
    });
    customers.requests.reset();
    await sweep();
    expect(customers.requests.of('headManifest').map(({ path }) => path)).toEqual([
      '/v2/second/api/manifests/v1',
    ]);
    expect(statements(one)).toBe(0);
  });

  it('does not wait for a paused target, and never begins where all are paused', async () => {
    const { deliver, sweep } = start({ targets: ', paused: true' });
    const one = release('one');
    await publish(one);
    queue = [];
    const job = { source: `${vendor.address}/vendor/api:v1`, target: 'canary' };
    await deliver(topic('copy-jobs'), { data: Buffer.from(JSON.stringify(job)), attributes: {} });
    await sweep();
    expect(await sweep({ reference: job.source })).toMatch(/everyone: soaks until/);
  });

  it('asks every target again after the soak', async () => {
    const { settle, sweep } = start();
    const [one, two] = [release('one'), release('two')];
    await publish(one);
    await settle();
    await sweep();
    await settle();
    await push(two, { registry: customers.address, repository: 'second/api' });
    await later(24 * HOUR);
    expect(await sweep({ reference: `${vendor.address}/vendor/api:v1` })).toMatch(
      /everyone: waits for second: .* holds sha256:/,
    );
    await settle();
    expect(await held('acme')).toBeUndefined();
    await push(one, { registry: customers.address, repository: 'second/api' });
    await sweep();
    await settle();
    expect(await held('acme')).toBe(one.root.digest);
  });

  it('of another digest, or of another tag, lets nothing pass', async () => {
    const { settle, sweep } = start();
    const [one, two] = [release('one'), release('two')];
    await publish(one);
    await settle();
    await sweep();
    await settle();
    await publish(two);
    await publish(release('one', 'v2'));
    await later(24 * HOUR);
    await settle();
    await sweep();
    await settle();
    expect(await Promise.all([held('acme'), held('acme', 'v2')])).toEqual([undefined, undefined]);
    expect(await Promise.all([held('canary'), held('canary', 'v2')])).toEqual([
      two.root.digest,
      one.root.digest,
    ]);
  });

  it('expects what the awaited rule makes of a release: its platforms, under its name', async () => {
    const { settle, sweep } = start({
      canaries: ', platforms: [linux/amd64], as: "x/{image}:{tag}"',
    });
    const [amd, arm] = [image({ config: { seed: 'amd' } }), image({ config: { seed: 'arm' } })];
    const platform = (architecture: string) => ({ os: 'linux', architecture });
    const both = index({
      entries: [
        { image: amd, platform: platform('amd64') },
        { image: arm, platform: platform('arm64') },
      ],
      tag: 'v1',
    });
    await publish(both);
    await settle();
    expect(await customers.digestOf('canary/x/api', 'v1')).toBeDefined();
    await sweep();
    await settle();
    await later(24 * HOUR);
    await sweep();
    await settle();
    const made = await customers.digestOf('acme/x/api', 'v1');
    expect(made).toBe(await customers.digestOf('canary/x/api', 'v1'));
    expect(made).not.toBe(both.root.digest);
  });

  it('that follows another begins when that one has gone out', async () => {
    const { settle, sweep } = start({
      more: '  - { name: rest, after: { rule: everyone, soak: 1h, by: [relay] }, targets: [canary, acme, globex] }\n',
    });
    const one = release('one');
    await publish(one);
    const round = async (wait: number) => {
      await settle();
      await sweep();
      await settle();
      await later(wait);
      await sweep();
      await settle();
    };
    await round(24 * HOUR);
    expect(await Promise.all([held('acme'), held('globex')])).toEqual([one.root.digest, undefined]);
    await round(HOUR);
    expect(await held('globex')).toBe(one.root.digest);
  });
});

it('signs with no key but one that the rule names, and reports it', async () => {
  const { settle, sweep } = start({ key: keyPair().privateKey });
  const one = release('one');
  await publish(one);
  await settle();
  expect(await sweep()).toBe('1 release read, 0 stages open, 1 failed');
  expect(lines.find(({ outcome }) => outcome === 'failed')).toMatchObject({
    error: expect.stringMatching(
      /^STAGE_SIGNING_KEY .* is not a key of relay, by which/,
    ) as unknown,
  });
  expect(statements(one)).toBe(0);
});

it.each([
  ['{"reference": "x y"}', /^dead-lettered: .*Not a request to promote/],
  ['{"reference": "gcr.io/v/api"}', /is not an image with a tag/],
  ['{"reference": 7}', /Not a request to promote/],
  ['[]', /^dead-lettered: /],
])('rejects the message %s', async (body, expected) => {
  expect(await start().sweep(body)).toMatch(expected);
});

it('sweeps on an empty message, and says so of what no stage releases', async () => {
  const { sweep } = start();
  expect(await sweep('')).toBe('0 releases read, 0 stages open');
  expect(await sweep({ reference: `${vendor.address}/vendor/web:v1` })).toMatch(
    /no rule with `after` releases it$/,
  );
});

it('counts how often a tag moved before its stage had passed', async () => {
  const { settle, sweep } = start();
  for (const seed of ['a', 'b', 'c', 'd']) {
    await publish(release(seed));
    await settle();
    await sweep();
  }
  const superseded = lines.filter(({ outcome }) => outcome === 'superseded');
  expect(superseded.map(({ times }) => times)).toEqual([1, 2, 3]);
});

it('keeps to rules without `after` with no request more', async () => {
  const { settle } = start();
  await push(release('one'), { registry: vendor.address, repository: 'vendor/web' });
  vendor.requests.reset();
  await settle();
  expect(vendor.requests.of('listReferrers')).toHaveLength(0);
});
