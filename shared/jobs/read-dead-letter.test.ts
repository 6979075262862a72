import type { PubSubMessage } from '../events/envelope';
import { readDeadLetter } from './read-dead-letter';

/** Given up by Pub/Sub, which says nothing of the content. */
function letter(data: unknown, attributes: Record<string, string> = {}): PubSubMessage {
  return {
    id: '7',
    data: Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)),
    attributes: {
      CloudPubSubDeadLetterSourceSubscription: 'plan-copies',
      CloudPubSubDeadLetterSourceDeliveryCount: '40',
      ...attributes,
    },
    publishTime: new Date(0),
  };
}

describe('a dead letter of Pub/Sub', () => {
  it.each([
    ['a push', letter({ action: 'INSERT', tag: 'gcr.io/v/api:1' }), 'gcr.io/v/api:1'],
    [
      'an upload',
      letter({
        protoPayload: {
          methodName: 'Kfp-UploadPackage',
          resourceName: 'projects/v/locations/us/repositories/r',
        },
      }),
      'us-kfp.pkg.dev/v/r',
    ],
    [
      'an object',
      letter('', {
        eventType: 'OBJECT_FINALIZE',
        bucketId: 'vendor',
        objectId: 'a/b',
        objectGeneration: '3',
      }),
      'gs://vendor/a/b#3',
    ],
    ['a job', letter({ kind: 'object', source: 'gs://vendor/a', target: 'acme' }), 'gs://vendor/a'],
    ['what is no event', letter('', { eventType: 'X', bucketId: '' }), undefined],
    ['what is nothing', letter('{'), undefined],
  ])('says what %s was about', (_what, message, source) => {
    expect(readDeadLetter(message)).toMatchObject({ messageId: '7', reason: 'undelivered' });
    expect(readDeadLetter(message).source).toBe(source);
  });
});
