import { createBroker, type Broker } from '../../local/servers/broker/broker';
import { openPubSub, createPublisher, PublishError } from './publisher';

const topic = 'projects/vendor/topics/copy-jobs';
const other = 'projects/vendor/topics/dead-letters';

describe('createPublisher', () => {
  let broker: Broker;
  let publisher: ReturnType<typeof createPublisher>;

  beforeAll(async () => {
    broker = await createBroker();
    for (const name of [topic, other]) broker.createTopic(name);
    process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
    process.env['METADATA_SERVER_DETECTION'] = 'none';
    publisher = createPublisher();
  });

  afterAll(async () => {
    delete process.env['PUBSUB_EMULATOR_HOST'];
    await publisher.close();
    await broker.close();
  });

  it('resolves when every message is confirmed', async () => {
    const messages = Array.from({ length: 250 }, (_, i) => ({
      data: Buffer.from(`job ${i}`),
      attributes: { target: `t${i}` },
    }));
    const before = broker.counters().published;
    await publisher.publish(topic, messages);
    await publisher.publish(other, [{ data: Buffer.alloc(0), attributes: { reason: 'x' } }]);
    expect(broker.counters().published - before).toBe(251);
  });

  it('opens no client for an empty list', async () => {
    const own = createPublisher(() => Promise.reject(new Error('opened')));
    await expect(own.publish(topic, [])).resolves.toBeUndefined();
  });

  const message = { data: Buffer.from('x'), attributes: {} };

  it('opens the client of a project once, and retries only after a failure to open it', async () => {
    const before = broker.counters().published;
    const failures = [new Error('no credentials yet')];
    const opened: string[] = [];
    const own = createPublisher((projectId) => {
      opened.push(projectId);
      const failure = failures.shift();
      return failure === undefined ? openPubSub(projectId) : Promise.reject(failure);
    });
    await expect(own.publish(topic, [message])).rejects.toMatchObject({
      name: 'PublishError',
      message: `Publishing to ${topic} failed for 1 of 1 messages: no credentials yet`,
      cause: { message: 'no credentials yet' },
    });
    await own.publish(topic, [message]);
    await own.publish(other, [message]);
    await own.close();
    expect(opened).toEqual(['vendor', 'vendor']);
    expect(broker.counters().published - before).toBe(2);
  });

  it('opens a topic once, with a timeout far below that of a delivery, and closes its clients', async () => {
    const limits: unknown[] = [];
    let closed = 0;
    const own = createPublisher(async (projectId) => {
      const pubsub = await openPubSub(projectId);
      const open = pubsub.topic.bind(pubsub);
      pubsub.topic = (name, options) => {
        limits.push(options?.gaxOpts);
        return open(name, options);
      };
      const close = pubsub.close.bind(pubsub);
      pubsub.close = () => {
        closed += 1;
        return close();
      };
      return pubsub;
    });
    await own.publish(topic, [message]);
    await own.publish(topic, [message]);
    await own.close();
    expect(limits).toEqual([{ timeout: 15_000 }]);
    expect(closed).toBe(1);
  });

  it('names the topic and counts the failures', async () => {
    const missing = 'projects/vendor/topics/missing';
    const failure = publisher.publish(missing, [{ data: Buffer.from('x'), attributes: {} }]);
    await expect(failure).rejects.toThrow(PublishError);
    await expect(failure).rejects.toThrow(`Publishing to ${missing} failed for 1 of 1 messages: `);
  });
});
