import type { PubSubMessage } from '../events/envelope';
import { events } from '../kinds/messages';
import { readDeadLetter as read } from './read-dead-letter';

const readDeadLetter = (message: Parameters<typeof read>[0]) => read(message, events.sourceOf);

/** Dead-lettered by Pub/Sub, which does not read the content. */
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
  ])('names the subject of %s', (_what, message, source) => {
    expect(readDeadLetter(message)).toMatchObject({ messageId: '7', reason: 'undelivered' });
    expect(readDeadLetter(message).source).toBe(source);
  });
});

describe('the subject of a dead letter', () => {
  const about = (data: unknown, attributes: Record<string, string> = {}) =>
    readDeadLetter({ ...letter(data), attributes });

  it('comes from its message before its attributes, which any publisher can write', () => {
    const job = { source: 'gcr.io/v/api:1', target: 'acme', rule: 'api' };
    const written = { source: 'x', target: 'globex', rule: 'y', function: 'copyArtifact' };
    expect(about(job, written)).toMatchObject({ ...job, function: 'copyArtifact' });
    expect(about({ target: 'acme' }, written)).toMatchObject({ source: 'x', target: 'acme' });
  });

  it.each([
    ['the tag of a push before its digest', { tag: 'r/a:1', digest: 'r/a@sha256:0' }, 'r/a:1'],
    ['the digest of a push', { digest: 'r/a@sha256:0' }, 'r/a@sha256:0'],
    ['a source before both', { source: 's', tag: 'r/a:1' }, 's'],
    ['nothing that is no text', { source: 7, target: 'acme' }, undefined],
    ['nothing in a list', ['gcr.io/v/api:1'], undefined],
    ['nothing in null', null, undefined],
  ])('is %s', (_what, data, source) => {
    expect(about(data).source).toBe(source);
  });

  it('has no field that neither message nor attributes contain', () => {
    expect(Object.keys(about({}))).toEqual([
      'messageId',
      'reason',
      'error',
      'remedy',
      'time',
      'data',
    ]);
  });
});

describe('the failure of a dead letter', () => {
  it('is reported by the function that wrote it', () => {
    const attributes = { messageId: '42', reason: 'bug', error: 'e', remedy: 'r' };
    expect(readDeadLetter({ ...letter('{}'), attributes })).toMatchObject(attributes);
  });

  it('is unknown without a report', () => {
    expect(readDeadLetter({ ...letter('{}'), attributes: {} })).toMatchObject({
      messageId: '7',
      reason: 'unknown',
      error: '',
      remedy: '',
    });
  });

  it('has the subscription and the number of attempts if Pub/Sub reports them', () => {
    expect(readDeadLetter(letter('{}')).error).toBe(
      '40 deliveries of subscription plan-copies failed',
    );
    const attributes = { CloudPubSubDeadLetterSourceSubscription: 's', messageId: 'forged' };
    expect(readDeadLetter({ ...letter('{}'), attributes })).toMatchObject({
      messageId: '7',
      error: 'too many deliveries of subscription s failed',
    });
  });
});
