import { deployedSubscriptions } from '../../subscriptions';
import { parseFilter } from './filter';

const attributes = { eventType: 'OBJECT_FINALIZE', bucketId: 'vendor', 'a-b': 'x', empty: '' };

it.each([
  ['attributes:bucketId', true],
  ['attributes:none', false],
  ['attributes:"a-b"', true],
  ['attributes:toString', false],
  ['attributes.eventType = "OBJECT_FINALIZE"', true],
  ['attributes.eventType="OBJECT_DELETE"', false],
  ['attributes.eventType != "OBJECT_DELETE"', true],
  ['attributes.none != "x"', true],
  ['attributes.none = "x"', false],
  ['attributes.empty = ""', true],
  ['attributes."a-b" = "\\u0078"', true],
  ['hasPrefix(attributes.bucketId, "ven")', true],
  ['hasPrefix(attributes.bucketId, "dor")', false],
  ['hasPrefix(attributes.none, "")', false],
  ['NOT attributes:none', true],
  ['-attributes:bucketId', false],
  ['NOT (attributes:none OR attributes:bucketId)', false],
  ['attributes:none OR attributes:other OR attributes:bucketId', true],
  ['attributes:bucketId AND attributes:empty AND attributes:none', false],
  ['attributes:none AND (attributes:x OR attributes:bucketId)', false],
  ['(attributes:none AND attributes:x) OR attributes:bucketId', true],
])('%s', (text, delivers) => {
  expect(parseFilter(text)(attributes)).toBe(delivers);
});

it.each([
  ['', 'ends too early'],
  ['attributes', 'has "attributes" where'],
  ['attributes:x "AND" attributes:y', 'has "AND" where'],
  ['attributes.x', 'ends too early'],
  ['attributes.x = y', 'has "y" where'],
  ['attributes.x > "y"', 'has ">" where'],
  ['data = "y"', 'has "data" where'],
  ['attributes.x = "y', 'no meaning from'],
  ['attributes.x = "\\q"', 'cannot be read'],
  ['(attributes:x', 'ends too early'],
  ['attributes:x)', 'has ")" where'],
  ['attributes:x AND attributes:y OR attributes:z', 'has "OR" where'],
  ['hasPrefix(attributes.x "y")', 'has "y" where'],
  ['hasPrefix attributes.x', 'has "attributes.x" where'],
  [`attributes:${'x'.repeat(250)}`, 'at most 256 bytes'],
])('refuses %j', (text, problem) => {
  expect(() => parseFilter(text)).toThrow(problem);
});

it('reads what is deployed', () => {
  const filters = Object.values(deployedSubscriptions()).flatMap((settings) =>
    'filter' in settings && settings.filter !== undefined ? [settings.filter] : [],
  );
  expect(filters.map((text) => parseFilter(text)(attributes))).toEqual([true]);
  expect(filters.map((text) => parseFilter(text)({ eventType: 'OBJECT_DELETE' }))).toEqual([false]);
});
