import type { PubSubMessage } from '../events/envelope';
import { deadLetterOf } from './dead-letter';

const message: PubSubMessage = {
  id: '42',
  data: Buffer.from('{"broken":'),
  attributes: { team: 'payments' },
  publishTime: new Date(),
};
const report = {
  function: 'copyArtifact',
  reason: 'target-denied',
  error: 'denied',
  remedy: 'Grant it.',
  target: 'acme',
};

describe('a dead letter', () => {
  it('keeps data and attributes, and adds the reason and the ID of the original', () => {
    expect(deadLetterOf(message, report)).toEqual({
      data: message.data,
      attributes: { team: 'payments', ...report, messageId: '42' },
    });
  });

  it('has no ID if the message had none', () => {
    const letter = deadLetterOf({ ...message, id: '' }, report);
    expect(letter.attributes).not.toHaveProperty('messageId');
  });

  it('ignores an attribute of the message that is named like the reason', () => {
    const forged = { ...message, attributes: { reason: 'none', CloudPubSubDeadLetterSource: 'x' } };
    expect(deadLetterOf(forged, report).attributes).toEqual({ ...report, messageId: '42' });
  });

  it('keeps an attribute that is named like a member of every object', () => {
    const attributes = { constructor: 'x', toString: 'y' };
    const letter = deadLetterOf({ ...message, attributes }, report);
    expect(letter.attributes).toMatchObject(attributes);
  });

  it("cuts values to Pub/Sub's 1,024 bytes between characters", () => {
    const letter = deadLetterOf(message, { ...report, error: 'ü'.repeat(2000) });
    const error = letter.attributes['error'] ?? '';
    expect(Buffer.byteLength(error)).toBeLessThanOrEqual(1024);
    expect(error).toMatch(/^ü+…$/);
  });

  it("stays within Pub/Sub's limits on attributes and keys", () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`key-${i}`, 'x']));
    const attributes = { ['k'.repeat(300)]: 'x', '': 'x', ...many };
    const letter = deadLetterOf({ ...message, attributes }, report);
    expect(Object.keys(letter.attributes)).toHaveLength(100);
    expect(letter.attributes).toMatchObject(report);
    expect(letter.attributes).not.toHaveProperty('k'.repeat(300));
  });
});
