import { createBroker, type Broker } from '../../local/broker/broker';
import { createPublisher, PublishError } from './publisher';

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
    await publisher.publish(topic, messages);
    await publisher.publish(other, [{ data: Buffer.alloc(0), attributes: { reason: 'x' } }]);
    expect(broker.counters().published).toBe(251);
  });

  it('sends nothing for nothing', async () => {
    const before = broker.counters().published;
    await publisher.publish(topic, []);
    expect(broker.counters().published).toBe(before);
  });

  it('names the topic and counts what failed', async () => {
    const missing = 'projects/vendor/topics/missing';
    const failure = publisher.publish(missing, [{ data: Buffer.from('x'), attributes: {} }]);
    await expect(failure).rejects.toThrow(PublishError);
    await expect(failure).rejects.toThrow(`Publishing to ${missing} failed for 1 of 1 messages: `);
  });
});
