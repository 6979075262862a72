import { setTimeout } from 'node:timers/promises';
import { type Message, PubSub, type Subscription, type Topic, v1 } from '@google-cloud/pubsub';
import { type Broker, createBroker } from './broker';

// Nothing here runs on Google Cloud: without this the client asks a metadata server for its project.
process.env['METADATA_SERVER_DETECTION'] = 'none';

describe("Google's client", () => {
  let broker: Broker;
  let client: PubSub;
  let subscriber: v1.SubscriberClient;
  let topic: Topic;

  beforeAll(async () => {
    broker = await createBroker({ timeScale: { waits: 100, deadlines: 20 } });
    client = new PubSub({ projectId: 'p', apiEndpoint: broker.address, emulatorMode: true });
    subscriber = new v1.SubscriberClient(
      (await client.getClientConfig()) as ConstructorParameters<typeof v1.SubscriberClient>[0],
    );
  });
  afterAll(async () => {
    await subscriber.close();
    await client.close();
    await broker.close();
  });
  beforeEach(async () => {
    [topic] = await client.createTopic(`topic-${unique()}`);
  });

  let last = 0;
  const unique = () => ++last;
  const subscribe = async (options: Parameters<Topic['createSubscription']>[1] = {}) => {
    const [subscription] = await topic.createSubscription(`subscription-${unique()}`, options);
    return subscription;
  };
  const publish = (text: string, attributes: Record<string, string> = {}) =>
    topic.publishMessage({ data: Buffer.from(text), attributes });
  const pull = async (subscription: Subscription, options: object = {}) => {
    const [answer] = await subscriber.pull({
      subscription: subscription.name,
      maxMessages: 10,
      ...options,
    });
    return answer.receivedMessages ?? [];
  };

  describe('administers', () => {
    it('topics', async () => {
      expect(await topic.exists()).toEqual([true]);
      await topic.setMetadata({ labels: { team: 'releases' } });
      expect((await topic.getMetadata())[0].labels).toEqual({ team: 'releases' });
      await expect(client.createTopic(topic.name)).rejects.toMatchObject({ code: 6 });

      const [names] = await client.getTopics();
      expect(names.map(({ name }) => name)).toContain(topic.name);
      const [first] = await client.getTopics({ pageSize: 1, autoPaginate: false });
      expect(first).toHaveLength(1);

      await topic.delete();
      expect(await topic.exists()).toEqual([false]);
      await expect(topic.delete()).rejects.toMatchObject({ code: 5 });
    });

    it('subscriptions, filling in the defaults', async () => {
      const subscription = await subscribe();
      const [metadata] = await subscription.getMetadata();
      expect(metadata).toMatchObject({
        name: subscription.name,
        topic: topic.name,
        ackDeadlineSeconds: 10,
        messageRetentionDuration: { seconds: '604800' },
      });
      const [ofTopic] = await topic.getSubscriptions();
      expect(ofTopic.map(({ name }) => name)).toEqual([subscription.name]);
      const [ofProject] = await client.getSubscriptions();
      expect(ofProject.map(({ name }) => name)).toContain(subscription.name);

      await subscription.setMetadata({ ackDeadlineSeconds: 20 });
      await subscription.modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:9/' });
      expect((await subscription.getMetadata())[0]).toMatchObject({
        ackDeadlineSeconds: 20,
        pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' },
      });

      await topic.delete();
      expect((await subscription.getMetadata())[0].topic).toBe('_deleted-topic_');
      await subscription.delete();
      expect(await subscription.exists()).toEqual([false]);
    });

    it.each<[string, number, () => Promise<unknown>]>([
      ['a name that is too short', 3, () => client.createTopic('ab')],
      ['a name that Google keeps', 3, () => client.createTopic('google-topic')],
      [
        'a subscription to a topic that is not there',
        5,
        () => client.topic('none').createSubscription('sub-x'),
      ],
      ['a short ack deadline', 3, () => subscribe({ ackDeadlineSeconds: 5 })],
      ['a push endpoint that is no URL', 3, () => subscribe({ pushEndpoint: 'localhost' })],
      ['a filter that is none', 3, () => subscribe({ filter: 'target = "acme"' })],
      [
        'a subscription that is there',
        6,
        async () => topic.createSubscription((await subscribe()).name),
      ],
      ['a change of the topic', 3, async () => (await subscribe()).setMetadata({ topic: 'x' })],
      ['a change of nothing', 3, async () => (await subscribe()).setMetadata({})],
      [
        'a publish to a topic that is not there',
        5,
        () => client.topic('none').publishMessage({ data: Buffer.from('x') }),
      ],
      ['a snapshot', 12, async () => (await subscribe()).createSnapshot('snap')],
      [
        'a pull of a push subscription',
        9,
        async () => pull(await subscribe({ pushEndpoint: 'http://127.0.0.1:9/' })),
      ],
      ['a pull of no messages', 3, async () => pull(await subscribe(), { maxMessages: 0 })],
    ])('and is refused %s', async (_, code, act) => {
      await expect(act()).rejects.toMatchObject({ code });
    });
  });

  describe('publishes and pulls', () => {
    it('a message with data and attributes', async () => {
      const subscription = await subscribe();
      const before = Date.now();
      const messageId = await publish('hello', { target: 'acme' });
      const received = await pull(subscription);
      expect(received).toHaveLength(1);
      const [{ message, ackId, deliveryAttempt } = {}] = received;
      expect(message).toMatchObject({ messageId, attributes: { target: 'acme' } });
      expect(Buffer.from(message!.data as Uint8Array).toString()).toBe('hello');
      expect(Number(message!.publishTime!.seconds)).toBeGreaterThanOrEqual(
        Math.floor(before / 1000),
      );
      expect(deliveryAttempt).toBe(0);

      await subscriber.acknowledge({
        subscription: subscription.name,
        ackIds: [ackId!, 'unknown'],
      });
      expect(broker.counters(subscription.name)).toMatchObject({ acked: 1, outstanding: 0 });
      expect(await pull(subscription)).toStrictEqual([]);
    });

    it('and gets a denial, before or after it took effect', async () => {
      const moody = await createBroker({ faults: { seed: 1, refusedPublishes: 1 } });
      const publisher = new PubSub({
        projectId: 'p',
        apiEndpoint: moody.address,
        emulatorMode: true,
      });
      try {
        moody.createTopic('projects/p/topics/moody');
        moody.createSubscription({
          name: 'projects/p/subscriptions/moody',
          topic: 'projects/p/topics/moody',
        });
        for (const text of ['refused', 'lost']) {
          const publishing = publisher.topic('moody').publishMessage({ data: Buffer.from(text) });
          await expect(publishing).rejects.toMatchObject({ code: 7 });
        }
        expect(moody.counters('projects/p/subscriptions/moody')).toMatchObject({ published: 1 });
      } finally {
        await publisher.close();
        await moody.close();
      }
    });

    it('what the filter of the subscription says', async () => {
      const filter = 'attributes.eventType = "OBJECT_FINALIZE"';
      const subscription = await subscribe({ filter });
      expect((await subscription.getMetadata())[0].filter).toBe(filter);
      for (const eventType of ['OBJECT_DELETE', 'OBJECT_FINALIZE', 'OBJECT_ARCHIVE']) {
        await publish('x', { eventType });
      }
      const received = await pull(subscription);
      expect(received.map(({ message }) => message?.attributes)).toEqual([
        { eventType: 'OBJECT_FINALIZE' },
      ]);
      expect(broker.counters(subscription.name)).toMatchObject({ published: 1, outstanding: 1 });
    });

    it('a thousand messages, each once', async () => {
      const subscription = await subscribe();
      const ids = await Promise.all(Array.from({ length: 1000 }, (_, i) => publish(String(i))));
      expect(new Set(ids).size).toBe(1000);
      const received = await pull(subscription, { maxMessages: 2000 });
      expect(received).toHaveLength(1000);
    });

    it('a message that a pull waits for', async () => {
      const subscription = await subscribe();
      const waiting = pull(subscription);
      await publish('late');
      expect((await waiting).length + (await pull(subscription)).length).toBe(1);
    });

    it('a refused message again, counting the attempts under a dead-letter policy', async () => {
      const letters = await client.createTopic(`letters-${unique()}`);
      const subscription = await subscribe({
        deadLetterPolicy: { deadLetterTopic: letters[0].name, maxDeliveryAttempts: 5 },
      });
      await publish('x');
      for (let attempt = 1; attempt <= 5; attempt++) {
        const received = await pull(subscription);
        expect(received[0]!.deliveryAttempt).toBe(attempt);
        await subscriber.modifyAckDeadline({
          subscription: subscription.name,
          ackIds: [received[0]!.ackId!],
          ackDeadlineSeconds: 0,
        });
      }
      expect(broker.counters(subscription.name)).toMatchObject({ deadLettered: 1, outstanding: 0 });
    });

    it('a message again when its ack deadline passes, later when that is extended', async () => {
      const subscription = await subscribe();
      await publish('x');
      const first = await pull(subscription);
      const begun = performance.now();
      await subscriber.modifyAckDeadline({
        subscription: subscription.name,
        ackIds: [first[0]!.ackId!],
        ackDeadlineSeconds: 20,
      });
      let again = await pull(subscription);
      while (again.length === 0) again = await pull(subscription);
      // 20 s at 20 times the speed.
      expect(performance.now() - begun).toBeGreaterThan(900);
    });

    it('acknowledged messages again after a seek, if they are retained', async () => {
      const subscription = await subscribe({ retainAckedMessages: true });
      await publish('old');
      const received = await pull(subscription);
      await subscriber.acknowledge({
        subscription: subscription.name,
        ackIds: [received[0]!.ackId!],
      });

      await subscription.seek(new Date(Date.now() - 60_000));
      const again = await pull(subscription);
      expect(again.map(({ message }) => message!.messageId)).toEqual([
        received[0]!.message!.messageId,
      ]);
      await publish('waiting');
      await subscription.seek(new Date(Date.now() + 60_000));
      expect(broker.counters(subscription.name).outstanding).toBe(0);
    });
  });

  describe('listens', () => {
    const receive = (
      subscription: Subscription,
      count: number,
      handle: (message: Message) => void,
    ) =>
      new Promise<Message[]>((resolve, reject) => {
        const messages: Message[] = [];
        subscription.on('error', reject).on('message', (message: Message) => {
          messages.push(message);
          handle(message);
          if (messages.length === count) resolve(messages);
        });
      });

    it('to a stream of messages, published before and after it began', async () => {
      const subscription = await subscribe();
      await publish('before');
      const received = receive(subscription, 2, (message) => message.ack());
      await publish('after');
      expect((await received).map(({ data }) => data.toString())).toEqual(['before', 'after']);
      await subscription.close();
      expect(broker.counters(subscription.name)).toMatchObject({ acked: 2, outstanding: 0 });
    });

    it('and gets what it refused again', async () => {
      const subscription = await subscribe();
      let refused = false;
      const received = receive(subscription, 2, (message) => {
        if (refused) message.ack();
        else message.nack();
        refused = true;
      });
      await publish('x');
      expect((await received).map(({ data }) => data.toString())).toEqual(['x', 'x']);
      await subscription.close();
    });

    it('without more outstanding messages than it asked for', async () => {
      const subscription = await subscribe();
      subscription.setOptions({ flowControl: { maxMessages: 1, allowExcessMessages: false } });
      await Promise.all(['1', '2', '3'].map((text) => publish(text)));
      const unanswered: number[] = [];
      await receive(subscription, 3, (message) => {
        const { delivered, acked } = broker.counters(subscription.name);
        unanswered.push(delivered - acked);
        message.ack();
      });
      expect(unanswered).toEqual([1, 1, 1]);
      await subscription.close();
    });

    it('to a stream that acknowledges and refuses by itself', async () => {
      const subscription = await subscribe();
      await Promise.all(['acked', 'refused'].map((text) => publish(text)));
      const stream = subscriber.streamingPull();
      const answers: { receivedMessages: { ackId: string }[] }[] = [];
      stream.on('data', (answer: (typeof answers)[number]) => answers.push(answer));
      stream.write({ subscription: subscription.name, streamAckDeadlineSeconds: 10 });
      const ackIds = () =>
        answers.flatMap(({ receivedMessages }) => receivedMessages).map(({ ackId }) => ackId);
      while (ackIds().length < 2) await setTimeout(5);
      const [acked, refused] = ackIds();
      stream.write({
        ackIds: [acked],
        modifyDeadlineAckIds: [refused],
        modifyDeadlineSeconds: [0],
      });
      while (ackIds().length < 3) await setTimeout(5);
      stream.end();
      expect(broker.counters(subscription.name)).toMatchObject({ acked: 1, nacked: 1 });
    });

    it('and gets "not found" for a missing subscription', async () => {
      const subscription = client.subscription('none');
      await expect(receive(subscription, 1, () => undefined)).rejects.toMatchObject({ code: 5 });
    });
  });
});
