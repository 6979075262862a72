import { InvalidMessageError, type PubSubMessage } from '../events/envelope';
import { createEvents } from '../jobs/events';
import type { KindName } from '../rules/artifact';
import { KINDS } from './kinds';
import { events } from './messages';

const { isEvent, parse: parseEvent } = events;

function message(data: unknown, attributes: Record<string, string> = {}): PubSubMessage {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return { id: '1', data: Buffer.from(text), attributes, publishTime: new Date(0) };
}

const uploaded = {
  methodName: 'Kfp-UploadPackage',
  resourceName: 'projects/vendor/locations/us-central1/repositories/pipelines',
};
const written = {
  eventType: 'OBJECT_FINALIZE',
  bucketId: 'vendor-models',
  objectId: 'a/b c.bin',
  objectGeneration: '1712',
};

/** An event of each kind, and what it is about. */
const SAMPLES: Readonly<Record<KindName, readonly [event: PubSubMessage, about: string]>> = {
  image: [message({ action: 'INSERT', tag: 'gcr.io/v/api:1' }), 'gcr.io/v/api:1'],
  template: [message({ protoPayload: uploaded }), 'us-central1-kfp.pkg.dev/vendor/pipelines'],
  object: [message('', written), 'gs://vendor-models/a/b c.bin#1712'],
};

/** The kinds in the opposite order, but for the first, which takes what none recognizes. */
const { image, ...others } = KINDS;
const reversed = createEvents({
  image,
  ...(Object.fromEntries(Object.entries(others).reverse()) as typeof others),
});

describe('an event', () => {
  it.each(Object.entries(SAMPLES))('are about %ss', (kind, [event, about]) => {
    expect(isEvent(event)).toBe(true);
    expect(parseEvent(event).kind).toBe(kind);
    expect(parseEvent(event).about).toBe(about);
  });

  it.each(Object.entries(SAMPLES))(
    'of %ss is recognized by this kind alone, whichever is asked first',
    (kind, [event]) => {
      expect(reversed.isEvent(event)).toBe(true);
      expect(reversed.parse(event).kind).toBe(kind);
    },
  );

  it('is no job', () => {
    expect(isEvent(message({ source: 'gcr.io/v/api:1', target: 'acme' }))).toBe(false);
  });

  it('is nothing in another shape', () => {
    const event = message({ kind: 'storage#object' });
    expect(() => parseEvent(event)).toThrow(InvalidMessageError);
    expect(() => parseEvent(event)).toThrow('Not a registry notification');
  });
});
