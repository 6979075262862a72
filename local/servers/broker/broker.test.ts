import { createBroker } from './broker';
import { toServiceError } from './grpc';

describe('toServiceError', () => {
  it('reports a bug of the broker as INTERNAL', () => {
    expect(toServiceError(new TypeError('x is not a function'))).toEqual({
      code: 13,
      details: 'The embedded broker failed: TypeError: x is not a function',
    });
  });
});

describe('createBroker', () => {
  it('names the address that it cannot listen on', async () => {
    jest.spyOn(console, 'error').mockImplementation(); // grpc-js says it too
    const first = await createBroker();
    const port = Number(first.address.split(':')[1]);
    await expect(createBroker({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
    await first.close();
  });

  it('is quiet while messages only wait to be pulled', async () => {
    const broker = await createBroker();
    broker.createTopic('projects/p/topics/letters');
    broker.createSubscription({
      name: 'projects/p/subscriptions/letters',
      topic: 'projects/p/topics/letters',
    });
    broker.publish('projects/p/topics/letters', { data: Buffer.from('x') });
    await broker.whenQuiet();
    expect(broker.counters()).toEqual({
      published: 1,
      delivered: 0,
      acked: 0,
      nacked: 0,
      deadLettered: 0,
      outstanding: 1,
    });
    await broker.close();
  });
});
