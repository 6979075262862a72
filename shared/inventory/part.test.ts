import type { PubSubMessage } from '../events/envelope';
import { InvalidMessageError } from '../events/envelope';
import { encodePart, parsePart, type Part } from './part';

const message = (data: Uint8Array): PubSubMessage => ({
  id: '1',
  data,
  attributes: {},
  publishTime: new Date(0),
});
const found = {
  missing: 1,
  stale: 0,
  attachmentsMissing: 0,
  unreachable: 2,
  held: 3,
  heldOverADay: 1,
  reason: 'network',
};

const source = 'us-docker.pkg.dev/vendor/releases';

it.each<[Part]>([
  [{}],
  [{ rule: 'releases' }],
  [{ source, compared: [], found: {} }],
  [
    {
      source,
      page: 'next',
      compared: ['a1', 'b2'],
      within: { release: 'c3', after: 'acme us-docker.pkg.dev/acme/api:1' },
      found: { releases: { acme: found } },
    },
  ],
])('crosses the topic unchanged: %j', (part) => {
  expect(parsePart(message(encodePart(part).data))).toEqual(part);
});

it('begins a reconciliation with an empty object, as the scheduler sends it', () => {
  expect(parsePart(message(Buffer.from('{}')))).toEqual({});
});

it('begins the source of a rule that a message of an older version names', () => {
  const old = { rule: 'releases', page: 'next', from: 200, drift: { acme: found } };
  expect(parsePart(message(Buffer.from(JSON.stringify(old))))).toEqual({ rule: 'releases' });
});

it.each([
  '{"source":"s","compared":[1]}',
  '{"source":"s","found":{"releases":{"acme":{}}}}',
  '{"source":"s","within":{"release":"a"}}',
  'x',
])('rejects %s', (text) => {
  expect(() => parsePart(message(Buffer.from(text)))).toThrow(InvalidMessageError);
});
