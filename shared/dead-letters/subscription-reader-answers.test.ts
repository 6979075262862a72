import {
  createSubscriptionReader,
  type HeldMessage,
  type PulledMessage,
  type Subscriber,
} from './subscription-reader';

const subscription = 'projects/vendor/subscriptions/letters';

/** A subscriber with scripted responses, and a clock that advances on request. */
function stage(...answers: readonly (readonly PulledMessage[] | null | undefined)[]) {
  const left = [...answers];
  const calls: object[] = [];
  const sleeps: number[] = [];
  const wakers: (() => void)[] = [];
  const subscriber: Subscriber = {
    pull: (request, options) => {
      calls.push({ pull: request, ...options });
      return Promise.resolve([{ receivedMessages: left.shift() }]);
    },
    modifyAckDeadline: (request) => Promise.resolve(calls.push({ hold: request })),
    acknowledge: (request) => Promise.resolve(calls.push({ ack: request })),
    close: () => Promise.resolve(void calls.push({ close: true })),
  };
  const clock = {
    sleep: (milliseconds: number, signal?: AbortSignal) => {
      if (signal === undefined) return Promise.resolve(void sleeps.push(milliseconds));
      return new Promise<void>((resolve, reject) => {
        sleeps.push(milliseconds);
        wakers.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
  };
  const wake = async () => {
    wakers.shift()?.();
    // As many microtasks as the renewal needs to return to its sleep.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    reader: createSubscriptionReader(subscription, { subscriber, clock }),
    calls,
    sleeps,
    wake,
    subscriber,
  };
}

const message = (ackId: string, published?: PulledMessage['message']): PulledMessage => ({
  ackId,
  message: published ?? null,
});
const holding = (ackIds: readonly string[], ackDeadlineSeconds: number) => ({
  hold: { subscription, ackIds, ackDeadlineSeconds },
});
const pulling = {
  pull: { subscription, maxMessages: 1000, returnImmediately: true },
  timeout: 15_000,
};

async function readAll(reader: ReturnType<typeof stage>['reader']): Promise<HeldMessage[]> {
  const messages: HeldMessage[] = [];
  for await (const some of reader.read()) messages.push(...some);
  return messages;
}

it('ends after three empty responses in a row', async () => {
  const { reader, calls, sleeps } = stage([], null, [message('a')], [], undefined, []);
  expect(await readAll(reader)).toHaveLength(1);
  expect(calls).toEqual([pulling, pulling, pulling, holding(['a'], 60), pulling, pulling, pulling]);
  // The first is that of the renewal.
  expect(sleeps).toEqual([20_000, 200, 200, 200, 200, 200]);
  await reader.close();
});

it('renews what it has read whenever that is due, until it is acked', async () => {
  const { reader, calls, sleeps, wake } = stage([message('a'), message('b')]);
  await readAll(reader);
  calls.length = sleeps.length = 0;
  await wake();
  await wake();
  expect(calls).toEqual([holding(['a', 'b'], 60), holding(['a', 'b'], 60)]);
  expect(sleeps).toEqual([20_000, 20_000]);
  await reader.ack(['a']);
  await wake();
  expect(calls.slice(2)).toEqual([{ ack: { subscription, ackIds: ['a'] } }, holding(['b'], 60)]);
  await reader.close();
  expect(calls.slice(4)).toEqual([holding(['b'], 0), { close: true }]);
});

it('keeps renewing after a failed renewal', async () => {
  const { reader, calls, wake, subscriber } = stage([message('a')]);
  await readAll(reader);
  const failing = jest.spyOn(subscriber, 'modifyAckDeadline');
  failing.mockRejectedValue(new Error('14 UNAVAILABLE'));
  await wake();
  failing.mockRestore();
  calls.length = 0;
  await wake();
  expect(calls).toEqual([holding(['a'], 60)]);
  await reader.close();
});

it('reads a message once even if its lease is lost and it comes again', async () => {
  const again = (ackId: string) => [message(ackId, { messageId: '1' })];
  const { reader, calls } = stage(
    again('a'),
    again('b'),
    again('c'),
    [...again('d'), message('e', { messageId: '2' })],
    again('f'),
    again('g'),
    again('h'),
    again('too late'),
  );
  const read = await readAll(reader);
  expect(read.map(({ ackId }) => ackId)).toEqual(['a', 'e']);
  calls.length = 0;
  await reader.ack(['a']);
  await reader.close();
  expect(calls).toEqual([
    { ack: { subscription, ackIds: ['h'] } },
    holding(['e'], 0),
    { close: true },
  ]);
});

it('does not return an acked message that comes again', async () => {
  const again = (ackId: string) => [message(ackId, { messageId: '1' })];
  const { reader, calls } = stage(again('a'), again('b'));
  const read: string[] = [];
  for await (const some of reader.read()) {
    const ackIds = some.map(({ ackId }) => ackId);
    read.push(...ackIds);
    await reader.ack(ackIds);
  }
  calls.length = 0;
  await reader.close();
  expect({ read, calls }).toEqual({ read: ['a'], calls: [{ close: true }] });
});

it('renews nothing after it is closed', async () => {
  const { reader, calls, sleeps } = stage([message('a')]);
  await readAll(reader);
  sleeps.length = calls.length = 0;
  await reader.close();
  expect({ calls, sleeps }).toEqual({ calls: [holding(['a'], 0), { close: true }], sleeps: [] });
});

it('closes the client even if the messages cannot be returned', async () => {
  const { reader, calls, subscriber } = stage([message('a')]);
  await readAll(reader);
  subscriber.modifyAckDeadline = () => Promise.reject(new Error('14 UNAVAILABLE'));
  await expect(reader.close()).rejects.toThrow('UNAVAILABLE');
  expect(calls.at(-1)).toEqual({ close: true });
});

it('names at most 1,000 messages in a request', async () => {
  const ids = Array.from({ length: 2001 }, (_, at) => String(at));
  const { reader, calls } = stage(ids.map((id) => message(id)));
  await readAll(reader);
  const sizes = (some: readonly object[]) =>
    some.flatMap((call) =>
      Object.values(call).flatMap(({ ackIds }: { ackIds?: string[] }) => ackIds?.length ?? []),
    );
  expect(sizes(calls)).toEqual([1000, 1000, 1]);
  calls.length = 0;
  await reader.ack(ids);
  expect(sizes(calls)).toEqual([1000, 1000, 1]);
  await reader.close();
  expect(sizes(calls)).toEqual([1000, 1000, 1]);
});

it('accepts a message with any field left out, as Pub/Sub writes it', async () => {
  const { reader } = stage([
    message('a', {
      messageId: '1',
      data: Buffer.from('one'),
      attributes: { since: 'then' },
      publishTime: { seconds: '1700000000', nanos: 123_999_999 },
    }),
    message('b', { messageId: null, data: null, attributes: null, publishTime: null }),
    message('c', { publishTime: { seconds: 5, nanos: null } }),
    message('d'),
    { ackId: null, message: { messageId: '2' } },
    { message: { messageId: '3' } },
  ]);
  const nothing = { id: '', data: Buffer.alloc(0), attributes: {} };
  expect(await readAll(reader)).toEqual([
    {
      ackId: 'a',
      id: '1',
      data: Buffer.from('one'),
      attributes: { since: 'then' },
      publishTime: new Date(1_700_000_000_123),
    },
    { ackId: 'b', ...nothing, publishTime: new Date(0) },
    { ackId: 'c', ...nothing, publishTime: new Date(5000) },
    { ackId: 'd', ...nothing, publishTime: new Date(0) },
  ]);
  await reader.close();
});
