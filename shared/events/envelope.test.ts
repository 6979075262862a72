import fc from 'fast-check';
import * as z from 'zod';
import { decodeDelivery, decodeObject, formProblem, InvalidMessageError } from './envelope';

const now = new Date('2026-11-24T12:00:00Z');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const message = {
  data: base64('{"a":1}'),
  attributes: { target: 'acme' },
  messageId: '7',
  publishTime: '2026-11-24T11:59:00Z',
};

describe('decodeDelivery', () => {
  it('reads a raw push as the framework converts it, with the topic of its path', () => {
    const decoded = decodeDelivery(
      { source: '//pubsub.googleapis.com/projects/p/topics/copy-jobs', data: { message } },
      now,
    );
    expect(decoded).toEqual({
      id: '7',
      data: Buffer.from('{"a":1}'),
      attributes: { target: 'acme' },
      publishTime: new Date('2026-11-24T11:59:00Z'),
      topic: 'projects/p/topics/copy-jobs',
    });
  });

  it('reads a binary CloudEvent that carries the whole push body', () => {
    const body = { message, subscription: 'projects/p/subscriptions/s', deliveryAttempt: 3 };
    expect(decodeDelivery({ id: '7', source: 'x', data: body }, now).id).toBe('7');
  });

  it('reads the other spelling of ids and times', () => {
    const { data } = message;
    const other = { message: { data, message_id: '8', publish_time: '2026-11-24T10:00:00Z' } };
    expect(decodeDelivery(other, now)).toMatchObject({
      id: '8',
      publishTime: new Date('2026-11-24T10:00:00Z'),
    });
  });

  it('takes the present for a publish time that is absent or unreadable', () => {
    const odd = { message: { data: message.data, publishTime: 'yesterday' } };
    expect(decodeDelivery(odd, now)).toMatchObject({ id: '', publishTime: now });
  });

  it.each([
    ['nothing', undefined],
    ['an empty body', {}],
    ['a number', 7],
    ['a bare JSON event', { action: 'INSERT' }],
    ['data of another type', { message: { data: 7 } }],
    ['attributes of another type', { message: { ...message, attributes: { a: 1 } } }],
  ])('refuses %s and keeps what came for the dead letter', (_name, event) => {
    const decoded = decodeDelivery(event, now);
    expect(decoded.problem).toBe('The delivery holds no Pub/Sub message.');
    expect(Buffer.from(decoded.data).toString()).toBe(JSON.stringify(event ?? null));
  });

  it.each([
    ['without data', { message: { attributes: { a: 'b' }, messageId: '9' } }, 'no data'],
    ['with empty data', { data: { message: { data: '' } } }, 'no data'],
    ['not base64', { message: { data: '{"a":1}' } }, 'not base64'],
    ['with base64 cut short', { message: { data: 'abc' } }, 'not base64'],
  ])('refuses a message %s', (_name, event, problem) => {
    const decoded = decodeDelivery(event, now);
    expect(decoded.problem).toContain(problem);
    expect(() => decodeObject(decoded)).toThrow(InvalidMessageError);
  });

  it('keeps data that is not base64 as it was sent', () => {
    const { data } = decodeDelivery({ message: { data: 'hello!' } }, now);
    expect(Buffer.from(data).toString()).toBe('hello!');
  });

  it('makes a message of JSON that nests too deep to be written again', () => {
    const event: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(decodeDelivery(event, now).problem).toContain('no Pub/Sub message');
  });

  it('makes a message of anything that JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (event) => {
        expect(decodeDelivery(event, now).publishTime).toEqual(now);
      }),
    );
  });
});

describe('decodeObject', () => {
  const received = (data: Uint8Array) => ({ id: '1', data, attributes: {}, publishTime: now });

  it('gives the object', () => {
    expect(decodeObject(received(Buffer.from('{"a":1}')))).toEqual({ a: 1 });
  });

  it.each([
    ['no JSON', Buffer.from('{'), 'not JSON'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not JSON'],
    ['an array', Buffer.from('[1]'), 'not a JSON object'],
    ['null', Buffer.from('null'), 'not a JSON object'],
    ['text', Buffer.from('"x"'), 'not a JSON object'],
  ])('refuses %s', (_name, data, problem) => {
    expect(() => decodeObject(received(data))).toThrow(problem);
  });
});

it('says what is wrong with a form by the first field that is', () => {
  const Form = z.object({
    outer: z.object({ inner: z.array(z.string().min(2)) }),
    next: z.string(),
  });
  const { error } = Form.safeParse({ outer: { inner: ['long', 'x'] } });
  expect(error?.issues).toHaveLength(2);
  expect(formProblem(error!)).toMatch(/^"outer\.inner\.1": Too small[^"]*$/);
});
