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

it.each<Part>([
  { from: 0, drift: {} },
  { rule: 'releases', page: 'next', from: 200, drift: { acme: found } },
])('crosses the topic as it is: %j', (part) => {
  expect(parsePart(message(encodePart(part).data))).toEqual(part);
});

it('begins with an empty object, as the scheduler sends it', () => {
  expect(parsePart(message(Buffer.from('{}')))).toEqual({ from: 0, drift: {} });
});

it('carries its rule for filters and people', () => {
  expect(encodePart({ rule: 'releases', from: 0, drift: {} }).attributes).toEqual({
    rule: 'releases',
  });
});

it.each(['{"from":-1}', '{"drift":{"acme":{}}}', 'x'])('refuses %s', (text) => {
  expect(() => parsePart(message(Buffer.from(text)))).toThrow(InvalidMessageError);
});
