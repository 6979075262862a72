import { v1 } from '@google-cloud/pubsub';
import { createBroker, type Broker } from '../../local/servers/broker/broker';
import { systemClock } from '../system/clock';
import {
  openSubscriptionReader,
  type HeldMessage,
  type SubscriptionReader,
} from './subscription-reader';
import { openPubSub } from '../jobs/publisher';

const topic = 'projects/vendor/topics/letters';
const subscription = 'projects/vendor/subscriptions/letters';
/** Ends at the first empty response, and renews leases on request. */
const clock = {
  sleep: (milliseconds: number, signal?: AbortSignal) =>
    signal === undefined ? Promise.resolve() : systemClock.sleep(milliseconds, signal),
};
const control = 'projects/vendor/subscriptions/control';
let broker: Broker;
const readers: SubscriptionReader[] = [];

beforeEach(async () => {
  broker = await createBroker();
  broker.createTopic(topic);
  broker.createSubscription({ name: subscription, topic });
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
});

afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.close();
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await broker.close();
});

async function open(name = subscription): Promise<SubscriptionReader> {
  const reader = await openSubscriptionReader(name, clock);
  readers.push(reader);
  return reader;
}

async function closeLast(): Promise<void> {
  await readers.pop()?.close();
}

const publish = (text: string, attributes: Record<string, string> = {}) =>
  broker.publish(topic, { data: Buffer.from(text), attributes });

async function readAll(reader: SubscriptionReader): Promise<HeldMessage[]> {
  const messages: HeldMessage[] = [];
  for await (const some of reader.read()) messages.push(...some);
  return messages;
}

it('reads all messages, 1,000 at a time, each once', async () => {
  for (let i = 0; i < 2001; i += 1) publish(String(i));
  const sizes: number[] = [];
  const texts = new Set<string>();
  for await (const some of (await open()).read()) {
    sizes.push(some.length);
    for (const { data } of some) texts.add(Buffer.from(data).toString());
  }
  expect(sizes).toEqual([1000, 1000, 1]);
  expect(texts.size).toBe(2001);
});

it('returns messages as they were published', async () => {
  const began = Date.now();
  const id = publish('one', { a: 'b' });
  const [message] = await readAll(await open());
  expect(message).toMatchObject({ id, attributes: { a: 'b' } });
  expect(message?.ackId).not.toBe('');
  expect(Buffer.from(message?.data ?? '').toString()).toBe('one');
  expect(Math.abs((message?.publishTime.getTime() ?? 0) - began)).toBeLessThan(60_000);
});

it('hides messages that it has read from other subscribers until it is closed', async () => {
  publish('one');
  await readAll(await open());
  const other = await openSubscriptionReader(subscription, clock);
  expect(await readAll(other)).toStrictEqual([]);
  await closeLast();
  expect(await readAll(other)).toHaveLength(1);
  await other.close();
});

it('keeps messages beyond the deadline of the subscription', async () => {
  await broker.close();
  broker = await createBroker({ timeScale: { deadlines: 10 } });
  broker.createTopic(topic);
  for (const name of [subscription, control]) broker.createSubscription({ name, topic });
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  publish('one');
  const reader = await open();
  const [message] = await readAll(reader);

  // Pulled later and not renewed: once it can be pulled again, the deadline has passed for both.
  const pubsub = await openPubSub('vendor');
  type Options = ConstructorParameters<typeof v1.SubscriberClient>[0];
  const client = new v1.SubscriberClient((await pubsub.getClientConfig()) as Options);
  const pull = () => client.pull({ subscription: control, maxMessages: 1 });
  await pull();
  await pull();
  await client.close();

  await reader.ack([message?.ackId ?? '']);
  expect(broker.counters(subscription)).toMatchObject({ acked: 1, delivered: 1 });
});

it('returns only what is not acked', async () => {
  for (const text of ['one', 'two', 'three']) publish(text);
  const reader = await open();
  const [first] = await readAll(reader);
  await reader.ack([first?.ackId ?? '']);
  await closeLast();
  expect(broker.counters(subscription)).toMatchObject({ acked: 1, outstanding: 2 });
  expect(await readAll(await open())).toHaveLength(2);
});

it('returns what was read if the reader stops early', async () => {
  for (let i = 0; i < 1500; i += 1) publish(String(i));
  for await (const some of (await open()).read()) {
    expect(some).toHaveLength(1000);
    break;
  }
  await closeLast();
  expect(await readAll(await open())).toHaveLength(1500);
});

it('acks more IDs than one request may contain', async () => {
  for (let i = 0; i < 1001; i += 1) publish(String(i));
  const reader = await open();
  const all = await readAll(reader);
  await reader.ack(all.map(({ ackId }) => ackId));
  expect(broker.counters(subscription)).toMatchObject({ acked: 1001, outstanding: 0 });
});

it('reports a subscription that does not exist', async () => {
  const reader = await open('projects/vendor/subscriptions/none');
  await expect(readAll(reader)).rejects.toThrow(/NOT_FOUND/);
});
