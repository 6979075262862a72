import type { HeldMessage } from './subscription-reader';
import { events } from '../kinds/messages';
import { isMeant, lettersBy, readLetters as read, type LetterFilter } from './letters';

const readLetters = (messages: readonly HeldMessage[]) => read(messages, events.sourceOf);

function held(id: string, more: Partial<HeldMessage> = {}): HeldMessage {
  return {
    id,
    ackId: `ack-${id}`,
    data: Buffer.from('{}'),
    attributes: {},
    publishTime: new Date(Number(id) * 1000),
    ...more,
  };
}
const claiming = (id: string, messageId: string, data = '{}') =>
  held(id, { attributes: { messageId }, data: Buffer.from(data) });

describe('readLetters', () => {
  it('returns the oldest first', () => {
    const letters = readLetters([held('3'), held('1'), held('2')]);
    expect(letters.map(({ messageId }) => messageId)).toEqual(['1', '2', '3']);
  });

  it('merges copies of a dead letter, and keeps every ID that acknowledges one', () => {
    expect(readLetters([claiming('1', '42'), held('2'), claiming('3', '42')])).toMatchObject([
      { messageId: '42', ackIds: ['ack-1', 'ack-3'], message: { id: '1' } },
      { messageId: '2', ackIds: ['ack-2'] },
    ]);
  });

  it('merges dead letters of one message that have different reasons and attempts', () => {
    const attributes = { objectId: 'model.bin', bucketId: 'vendor-models', messageId: '42' };
    const history = { since: '2026-11-24T11:00:00Z', continued: '2', rewriteToken: '1:1:x' };
    const report = { function: 'copyArtifact', remedy: 'Look.', source: 's', rule: 'r' };
    const letters = readLetters([
      held('1', {
        attributes: { ...attributes, ...report, reason: 'network', error: 'lost', ...history },
      }),
      held('2', { attributes: { target: 'acme', reason: 'bug', error: 'x', ...attributes } }),
    ]);
    expect(letters.map(({ ackIds }) => ackIds)).toEqual([['ack-1', 'ack-2']]);
  });

  it('keeps object events without data apart by their attributes', () => {
    const event = (id: string, objectId: string) =>
      held(id, {
        data: Buffer.of(),
        attributes: { messageId: '42', bucketId: 'vendor-models', objectId, payloadFormat: 'NONE' },
      });
    const letters = readLetters([event('1', 'forged.bin'), event('2', 'model.bin')]);
    expect(letters).toMatchObject([
      { messageId: '1', ackIds: ['ack-1'], message: { attributes: { objectId: 'forged.bin' } } },
      { messageId: '2', ackIds: ['ack-2'], message: { attributes: { objectId: 'model.bin' } } },
    ]);
  });

  it('never uses an acknowledgment ID as the ID of a message', () => {
    expect(readLetters([held('1')])[0]?.message).not.toHaveProperty('ackId');
  });

  it('uses their own IDs if dead letters with different content claim one ID', () => {
    const letters = readLetters([
      claiming('1', '42', '{"a":1}'),
      claiming('2', '42', '{"a":2}'),
      claiming('3', '42', '{"a":1}'),
      claiming('4', '43'),
    ]);
    expect(letters.map(({ messageId, ackIds }) => [messageId, ackIds.length])).toEqual([
      ['1', 2],
      ['2', 1],
      ['43', 1],
    ]);
  });
});

describe('lettersBy', () => {
  const letters = readLetters([claiming('1', '2', '{"a":1}'), held('2'), held('3')]);
  it.each([
    ['the message that was given up, before any letter of its own', '2', ['1', '2']],
    ['its own message where nobody claims the id', '1', ['1']],
    ['its only id', '3', ['3']],
    ['nothing', '4', []],
  ])('finds a dead letter by %s', (_what, id, own) => {
    expect(lettersBy(letters, id).map(({ message }) => message.id)).toEqual(own);
  });
});

describe('isMeant', () => {
  const message = held('7', {
    data: Buffer.from('{"source":"s","target":"acme","rule":"api"}'),
    attributes: { messageId: '42', reason: 'bug' },
    publishTime: new Date(1000),
  });
  it.each<[LetterFilter, boolean]>([
    [{}, true],
    [{ ids: ['42'] }, true],
    [{ ids: ['1', '7'] }, true],
    [{ ids: ['1'] }, false],
    [{ ids: [] }, false],
    [{ targets: new Set(['globex', 'acme']) }, true],
    [{ targets: new Set(['globex']) }, false],
    [{ rules: new Set(['api']) }, true],
    [{ rules: new Set(['other']) }, false],
    [{ reasons: new Set(['bug']) }, true],
    [{ reasons: new Set(['network']) }, false],
    [{ before: new Date(1001) }, true],
    [{ before: new Date(1000) }, false],
    [{ after: new Date(999) }, true],
    [{ after: new Date(1000) }, false],
    [{ targets: new Set(['acme']), rules: new Set(['other']) }, false],
  ])('%j: %s', (filter, is) => expect(isMeant(message, filter)).toBe(is));
});
