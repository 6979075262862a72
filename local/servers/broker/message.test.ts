import { StatusError } from './grpc';
import { readMessages } from './message';

const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'v']));
const data = Buffer.from('x');

describe('readMessages', () => {
  it.each([
    ['text data as base64', { data: Buffer.from('hello').toString('base64') }, 'hello'],
    ['bytes', { data: Buffer.from('hello') }, 'hello'],
    ['attributes alone', { attributes: { a: 'b' } }, ''],
    ['the largest message', { data: Buffer.alloc(10 * 1024 * 1024) }, undefined],
    ['the most attributes', { data, attributes: attributes(100) }, 'x'],
    [
      'the longest key and value',
      { data, attributes: { ['k'.repeat(256)]: 'v'.repeat(1024) } },
      'x',
    ],
  ])('takes %s', (_, message, text) => {
    const [content] = readMessages([message]);
    if (text !== undefined) expect(content!.data.toString()).toBe(text);
  });

  it.each([
    ['no messages', [], /must have messages/],
    ['too many messages', Array<object>(1001).fill({ data }), /1000 messages; this one has 1001/],
    ['an empty message', [{ data: '' }], /data or at least one attribute/],
    [
      'a large message',
      [{ data: Buffer.alloc(10 * 1024 * 1024 + 1) }],
      /message_size is too large/,
    ],
    ['large messages together', Array<object>(2).fill({ data: Buffer.alloc(6e6) }), /request_size/],
    ['too many attributes', [{ data, attributes: attributes(101) }], /100 attributes/],
    ['an empty key', [{ data, attributes: { '': 'v' } }], /attribute key ""/],
    ['a long key', [{ data, attributes: { ['é'.repeat(129)]: 'v' } }], /1 to 256 bytes/],
    ['a key of Google', [{ data, attributes: { 'goog-x': 'v' } }], /start with "goog"/],
    ['a long value', [{ data, attributes: { k: 'v'.repeat(1025) } }], /1024 bytes; it has 1025/],
  ])('refuses %s', (_, messages, problem) => {
    const act = () => readMessages(messages);
    expect(act).toThrow(StatusError);
    expect(act).toThrow(problem);
  });
});
