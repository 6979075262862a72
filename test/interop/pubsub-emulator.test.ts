import { setTimeout as sleep } from 'node:timers/promises';
import { PubSub, type Message } from '@google-cloud/pubsub';
import { push } from '../../local/images/push';
import { findMissing, readImage } from '../../local/images/read';
import { sampleRelease } from '../../local/images/sample-release';
import type { Kind } from '../../local/servers/registry/routes';
import { createStack, type Stack } from '../../local/stack/stack';
import { deployedSubscriptions, type SubscriptionsFile } from '../../local/subscriptions';
import { startPubSubEmulator, type Server } from './servers';
import { describeWith } from './tools';

/** Divides the deployed back-offs. */
const SPEED = 1000;
const ATTEMPTS = 10;
const [release] = sampleRelease();
const REPOSITORY = 'vendor/api';
/** What a copy asks of its target. */
const REQUESTS: readonly Kind[] = ['headManifest', 'mountBlob', 'startUpload', 'putManifest'];

describeWith(['java', 'pubsub-emulator'], "the functions behind Google's Pub/Sub emulator", () => {
  let emulator: Server;
  let stack: Stack;
  beforeAll(async () => {
    emulator = await startPubSubEmulator();
    stack = await createStack({
      port: 0,
      emulator: emulator.address,
      speed: SPEED,
      subscriptions: withFewerAttempts(deployedSubscriptions()),
    });
  });
  afterAll(async () => {
    await stack.close();
    await emulator.stop();
  });

  const locations = () =>
    stack.customers.map(({ name, host }) => ({
      registry: host.address,
      repository: `${name}/${REPOSITORY}`,
    }));

  it('bring a pushed release to every target, though one of them refuses at first', async () => {
    const [first] = stack.customers;
    const refusals = REQUESTS.map((on) =>
      first?.host.faults.add({ on, times: 4, answer: { status: 503 } }),
    );
    const [registry = '', ...path] = `${stack.source}/api`.split('/');
    const { content, tag } = release!;
    await push(content, { registry, repository: path.join('/'), tag });

    for (const location of locations()) {
      while ((await readImage(location, tag)).digest !== content.root.digest) await sleep(50);
      expect(await findMissing(content, location)).toStrictEqual([]);
    }
    expect(refusals.some((refusal) => (refusal?.hits() ?? 0) > 0)).toBe(true);
  });

  it('move a message that is no copy job to the dead letters, with the reason', async () => {
    await stack.publish('copy-jobs', 'not a job');
    const { attributes } = await deadLetter((data) => data === 'not a job');
    expect(attributes).toMatchObject({ function: 'copyArtifact' });
    expect(attributes['error']).toContain('not JSON');
  });

  it('leave a job that fails again and again to Pub/Sub, which gives it up after the last attempt', async () => {
    const source = `${stack.source}/api:9.9.9`;
    const job = { source, target: stack.customers[0]?.name, rule: 'releases' };
    await stack.publish('copy-jobs', job);

    const { data, attributes } = await deadLetter((text) => text.includes(source));
    expect(JSON.parse(data.toString())).toMatchObject(job);
    expect(attributes).not.toHaveProperty('reason');
  });

  /** The next dead letter whose data is as told. */
  async function deadLetter(isIt: (data: string) => boolean): Promise<Message> {
    const client = new PubSub({
      projectId: stack.project,
      apiEndpoint: emulator.address,
      emulatorMode: true,
    });
    const subscription = client.subscription('dead-letters');
    try {
      return await new Promise((resolve, reject) => {
        subscription.on('error', reject);
        subscription.on('message', (message: Message) => {
          message.ack();
          if (isIt(message.data.toString())) resolve(message);
        });
      });
    } finally {
      await subscription.close();
      await client.close();
    }
  }
});

function withFewerAttempts(file: SubscriptionsFile): SubscriptionsFile {
  const entries = Object.entries(file).map(
    ([name, settings]) => [name, { ...settings, maxDeliveryAttempts: ATTEMPTS }] as const,
  );
  return Object.fromEntries(entries);
}
