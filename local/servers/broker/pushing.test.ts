import {
  type PushEndpoint,
  type Answer,
  type Push,
  createPushEndpoint,
} from '../../../test/support/push-endpoint';
import { type Broker, type BrokerOptions, createBroker } from './broker';
import type { SubscriptionResource } from './grpc';
import { createPushPace } from './push';

const TOPIC = 'projects/p/topics/jobs';
const DEAD_LETTERS = 'projects/p/topics/dead-letters';
const SUBSCRIPTION = 'projects/p/subscriptions/copy';
/** Waits pass 1,000 times faster: 10 s are 10 ms. */
const FAST = { waits: 1000 };

describe('push delivery', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  async function start(
    answer: (push: Push) => Answer | Promise<Answer>,
    settings: Partial<SubscriptionResource> = {},
    options: BrokerOptions = { timeScale: FAST },
  ): Promise<{ broker: Broker; endpoint: PushEndpoint }> {
    const endpoint = await createPushEndpoint(answer);
    const broker = await createBroker(options);
    opened.push(endpoint, broker);
    broker.createTopic(TOPIC);
    broker.createTopic(DEAD_LETTERS);
    broker.createSubscription({
      name: SUBSCRIPTION,
      topic: TOPIC,
      pushConfig: { pushEndpoint: `${endpoint.url}/projects/p/topics/jobs?x=1` },
      ...settings,
    });
    return { broker, endpoint };
  }
  const publish = (broker: Broker, text: string, attributes: Record<string, string> = {}) =>
    broker.publish(TOPIC, { data: Buffer.from(text), attributes });

  it('posts the wrapped message to the endpoint with its path', async () => {
    const { broker, endpoint } = await start(() => 200);
    const messageId = publish(broker, 'hello', { target: 'acme' });
    await broker.whenQuiet();

    expect(endpoint.pushes).toHaveLength(1);
    const [push] = endpoint.pushes;
    expect(push).toMatchObject({
      path: '/projects/p/topics/jobs?x=1',
      contentType: 'application/json',
      data: 'hello',
      body: {
        message: { messageId, message_id: messageId, attributes: { target: 'acme' } },
        subscription: SUBSCRIPTION,
      },
    });
    const { publishTime, publish_time } = push!.body.message;
    expect(publishTime).toBe(publish_time);
    expect(Date.parse(publishTime)).not.toBeNaN();
    expect(push!.body).not.toHaveProperty('deliveryAttempt');
  });

  it.each([102, 200, 201, 202, 204])('takes %d for an ack', async (status) => {
    const { broker, endpoint } = await start(() => status);
    publish(broker, 'x');
    await broker.whenQuiet();
    expect(endpoint.pushes).toHaveLength(1);
    expect(broker.counters(SUBSCRIPTION)).toMatchObject({ acked: 1, nacked: 0 });
  });

  it.each([[203], [302], [400], [404], [429], [500], [undefined]])(
    'takes %p for a refusal and delivers again',
    async (refusal) => {
      let calls = 0;
      const { broker, endpoint } = await start(() => (++calls === 1 ? refusal : 200));
      publish(broker, 'x');
      await broker.whenQuiet();
      expect(endpoint.pushes.map(({ data }) => data)).toEqual(['x', 'x']);
      expect(broker.counters(SUBSCRIPTION)).toMatchObject({ delivered: 2, acked: 1, nacked: 1 });
    },
  );

  it('delivers again when nothing answers before the ack deadline', async () => {
    let calls = 0;
    const { broker, endpoint } = await start(
      () => (++calls === 1 ? 'silence' : 200),
      {},
      {
        timeScale: { waits: 1000, deadlines: 50 },
      },
    );
    publish(broker, 'slow');
    await broker.whenQuiet();
    expect(endpoint.pushes.length).toBeGreaterThan(1);
    expect(broker.counters(SUBSCRIPTION).nacked).toBeGreaterThan(0);
  });

  it('waits longer after each refusal of a message, from the least to the most back-off', async () => {
    const { broker, endpoint } = await start(
      ({ body }) => (body.deliveryAttempt === 5 ? 200 : 500),
      {
        retryPolicy: { minimumBackoff: { seconds: 40 }, maximumBackoff: { seconds: 100 } },
        deadLetterPolicy: { deadLetterTopic: DEAD_LETTERS, maxDeliveryAttempts: 10 },
      },
    );
    publish(broker, 'x');
    await broker.whenQuiet();
    const gaps = endpoint.pushes.slice(1).map(({ at }, i) => at - endpoint.pushes[i]!.at);
    const least = [40, 80, 100, 100];
    expect(gaps).toHaveLength(least.length);
    // Timers may fire a millisecond early by this clock.
    gaps.forEach((gap, i) => expect(gap).toBeGreaterThanOrEqual(least[i]! - 2));
  });

  it('gives a message up after the attempts that the dead-letter policy allows', async () => {
    const { broker, endpoint } = await start(({ path }) => (path === '/letters' ? 200 : 500), {
      deadLetterPolicy: { deadLetterTopic: DEAD_LETTERS, maxDeliveryAttempts: 5 },
    });
    broker.createSubscription({
      name: 'projects/p/subscriptions/letters',
      topic: DEAD_LETTERS,
      pushConfig: { pushEndpoint: `${endpoint.url}/letters` },
    });
    publish(broker, 'x', { own: 'kept' });
    await broker.whenQuiet();

    const tries = endpoint.pushes.filter(({ path }) => path !== '/letters');
    expect(tries.map(({ body }) => body.deliveryAttempt)).toEqual([1, 2, 3, 4, 5]);
    const letters = endpoint.pushes.filter(({ path }) => path === '/letters');
    expect(letters).toHaveLength(1);
    expect(letters[0]!.body.message.attributes).toEqual({
      own: 'kept',
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
      CloudPubSubDeadLetterSourceSubscription: 'copy',
      CloudPubSubDeadLetterSourceSubscriptionProject: 'p',
      CloudPubSubDeadLetterSourceTopicPublishTime: endpoint.pushes[0]!.body.message.publishTime,
    });
    expect(broker.counters(SUBSCRIPTION)).toMatchObject({ deadLettered: 1, outstanding: 0 });
  });

  it('keeps a message whose dead-letter topic is not there', async () => {
    const { broker } = await start(({ body }) => (body.deliveryAttempt! > 6 ? 200 : 500), {
      deadLetterPolicy: { deadLetterTopic: 'projects/p/topics/nowhere', maxDeliveryAttempts: 5 },
    });
    publish(broker, 'x');
    await broker.whenQuiet();
    expect(broker.counters(SUBSCRIPTION)).toMatchObject({ deadLettered: 0, acked: 1, nacked: 6 });
  });

  it('has few pushes on their way at first and more as they succeed', async () => {
    const rounds = [5, 10, 20];
    const onTheirWay: number[] = [];
    const waiting: (() => void)[] = [];
    const { broker } = await start(async () => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length < rounds[onTheirWay.length]!) return;
        const { delivered, acked } = broker.counters(SUBSCRIPTION);
        onTheirWay.push(delivered - acked);
        for (const answer of waiting.splice(0)) answer();
      });
      return 200;
    });
    for (let i = 0; i < 35; i++) publish(broker, String(i));
    await broker.whenQuiet();
    expect(onTheirWay).toEqual(rounds);
  });

  it('slows the whole subscription down while its endpoint refuses', async () => {
    let refusals = 0;
    const timeScale = { waits: 400 };
    const { broker, endpoint } = await start(
      () => (++refusals <= 25 ? 503 : 200),
      { retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 1 } } },
      { timeScale },
    );
    for (let i = 0; i < 5; i++) publish(broker, 'x');
    await broker.whenQuiet();

    const pace = createPushPace();
    const delays = Array.from({ length: 24 }, () => {
      pace.report(false);
      return pace.delay() / timeScale.waits;
    });
    // Once the first five are refused, each push begins after the one before has arrived.
    const least = delays.slice(6).reduce((sum, delay) => sum + delay);
    expect(endpoint.pushes[24]!.at - endpoint.pushes[5]!.at).toBeGreaterThanOrEqual(least);
  });

  it('delivers messages twice and out of order on request', async () => {
    const { broker, endpoint } = await start(
      () => 200,
      {},
      {
        timeScale: { waits: 10 },
        faults: { seed: 7, duplicate: 0.3, reorder: 0.5 },
      },
    );
    for (let i = 0; i < 40; i++) publish(broker, String(i));
    await broker.whenQuiet();
    const arrived = endpoint.pushes.map(({ data }) => Number(data));
    expect(new Set(arrived).size).toBe(40);
    expect(arrived.length).toBeGreaterThan(40);
    expect(arrived).not.toEqual([...arrived].sort((a, b) => a - b));
  });

  it('cuts what is in flight when it is closed', async () => {
    let arrive: (push: Push) => void;
    const arrived = new Promise<Push>((resolve) => (arrive = resolve));
    const { broker } = await start((push) => {
      arrive(push);
      return 'silence';
    });
    publish(broker, 'x');
    const { hungUp } = await arrived;
    await broker.close();
    opened.pop();
    await hungUp;
    expect(broker.counters(SUBSCRIPTION)).toMatchObject({ delivered: 1, acked: 0 });
  });
});
