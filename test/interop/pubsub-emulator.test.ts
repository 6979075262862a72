import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PubSub, type CreateSubscriptionOptions } from '@google-cloud/pubsub';
import { push } from '../../local/images/push';
import { findMissing, readImage } from '../../local/images/read';
import { sampleRelease } from '../../local/images/sample-release';
import { createRegistry, type Registry } from '../../local/registry/registry';
import { deployedSubscriptions, toPubsubResources, topicName } from '../../local/subscriptions';
import { freePort } from '../support/free-port';
import { startFunction, type FunctionProcess } from '../support/function-process';
import { startDockerRegistry, startPubSubEmulator, type Server } from './servers';
import { describeWith } from './tools';

const PROJECT = 'vendor';
/** The deployed back-off of 10 s becomes 0.1 s, and eight attempts last some 12 s. */
const SPEED = 100;
const ATTEMPTS = 8;

describeWith(['java', 'pubsub-emulator', 'docker-registry'], "Google's Pub/Sub emulator", () => {
  let emulator: Server;
  let pubsub: PubSub;
  let vendor: Registry;
  let acme: Server;
  let globexPort: number;
  let folder: string;
  let functions: readonly FunctionProcess[];
  const published: Promise<string>[] = [];
  const release = sampleRelease()[0];

  beforeAll(async () => {
    [emulator, acme, globexPort] = await Promise.all([
      startPubSubEmulator(),
      startDockerRegistry(),
      freePort(),
    ]);
    process.env['PUBSUB_EMULATOR_HOST'] = emulator.address;
    pubsub = new PubSub({ projectId: PROJECT });
    const gcr = pubsub.topic(topicName(PROJECT, 'gcr'));
    vendor = await createRegistry({
      onMessage: (json) => void published.push(gcr.publishMessage({ json })),
    });
    folder = await mkdtemp(join(tmpdir(), 'pubsub-emulator-'));
    functions = await startFunctions();
    await createSubscriptions();
  });

  afterAll(async () => {
    await Promise.all(published);
    await pubsub.close();
    await Promise.all([...functions.map((each) => each.stop()), emulator.stop(), acme.stop()]);
    await vendor.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function startFunctions(): Promise<readonly FunctionProcess[]> {
    const rulesFile = join(folder, 'rules.yaml');
    await writeFile(
      rulesFile,
      `
targets:
  acme: { repository: '${acme.address}/from-vendor' }
  globex: { repository: '127.0.0.1:${globexPort}/from-vendor' }
rules:
  - name: api-releases
    source: ${vendor.address}/releases
    images: [api]
    tags: { semver: '*', exclude: ['*-rc*'] }
    targets: [acme, globex]
`,
    );
    const env = {
      PUBSUB_EMULATOR_HOST: emulator.address,
      RULES_FILE: rulesFile,
      COPY_JOBS_TOPIC: topicName(PROJECT, 'copy-jobs'),
      COPY_RETRIES_TOPIC: topicName(PROJECT, 'copy-retries'),
      DEAD_LETTER_TOPIC: topicName(PROJECT, 'dead-letters'),
    };
    const started = await Promise.all(
      ['planCopies', 'copyArtifact'].map((target) => startFunction({ target, env })),
    );
    await Promise.all(started.map((each) => each.ready()));
    return started;
  }

  /** What Terraform deploys, with shorter waits. */
  async function createSubscriptions(): Promise<void> {
    const [planCopies, copyArtifact] = functions;
    const settings = { ...deployedSubscriptions() };
    for (const [name, each] of Object.entries(settings)) {
      if ('function' in each) settings[name] = { ...each, maxDeliveryAttempts: ATTEMPTS };
    }
    const resources = toPubsubResources(settings, {
      project: PROJECT,
      functions: {
        'plan-copies': planCopies?.origin ?? '',
        'copy-artifact': copyArtifact?.origin ?? '',
      },
      speed: SPEED,
    });
    for (const topic of resources.topics) await pubsub.createTopic(topic);
    for (const { name, topic, ...options } of resources.subscriptions) {
      await pubsub.createSubscription(topic, name, options as CreateSubscriptionOptions);
    }
  }

  /** The next dead letter whose data is as told. */
  async function deadLetter(isIt: (data: string) => boolean) {
    const subscription = pubsub.subscription(`projects/${PROJECT}/subscriptions/dead-letters`);
    try {
      return await new Promise<{ data: string; attributes: Record<string, string> }>(
        (resolve, reject) => {
          subscription.on('error', reject);
          subscription.on('message', (message) => {
            const data = message.data.toString();
            if (!isIt(data)) {
              message.nack();
              return;
            }
            message.ack();
            resolve({ data, attributes: message.attributes });
          });
        },
      );
    } finally {
      await subscription.close();
    }
  }

  async function arrived(registry: string): Promise<void> {
    const location = { registry, repository: 'from-vendor/api' };
    for (;;) {
      const { digest } = await readImage(location, '1.4.2').catch(() => ({ digest: undefined }));
      if (digest === release?.content.root.digest) return;
      await sleep(100);
    }
  }

  it('brings a pushed release to a target that is there, and to one that comes back later', async () => {
    await push(release!.content, {
      registry: vendor.address,
      repository: 'releases/api',
      tag: '1.4.2',
    });
    await arrived(acme.address);
    const globex = await createRegistry({ port: globexPort });
    try {
      await arrived(globex.address);
      const location = { registry: globex.address, repository: 'from-vendor/api' };
      expect(await findMissing(release!.content, location)).toEqual([]);
    } finally {
      await globex.close();
    }
  });

  it('moves a message that is no copy job to the dead letters, with the reason', async () => {
    await pubsub
      .topic(topicName(PROJECT, 'copy-jobs'))
      .publishMessage({ data: Buffer.from('not a job') });
    const { attributes } = await deadLetter((data) => data === 'not a job');
    expect(attributes).toMatchObject({ function: 'copyArtifact' });
    expect(attributes['error']).toContain('not JSON');
  });

  it('leaves a job whose target stays away to Pub/Sub, which gives it up after the last attempt', async () => {
    const job = {
      source: `${vendor.address}/releases/api:1.4.2`,
      target: 'globex',
      rule: 'api-releases',
    };
    const json = { ...job, repair: true };
    await pubsub.topic(topicName(PROJECT, 'copy-jobs')).publishMessage({ json });
    const { data } = await deadLetter((text) => text.includes('"globex"'));
    expect(JSON.parse(data)).toMatchObject(job);
  });
});
