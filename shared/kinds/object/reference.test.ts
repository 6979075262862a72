import fc from 'fast-check';
import {
  formatObjectReference,
  InvalidObjectReferenceError,
  isBucketName,
  isGeneration,
  objectNameProblem,
  parseObjectReference,
} from './reference';

const name = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[a-z/#0-9]{1,12}$/))
  .filter((text) => objectNameProblem(text) === undefined);
const reference = fc.record(
  {
    bucket: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{1,20}[a-z0-9]$/).filter(isBucketName),
    name,
    generation: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  },
  { requiredKeys: ['bucket', 'name'] },
);

it('reads what it writes', () => {
  fc.assert(
    fc.property(reference, (one) =>
      expect(parseObjectReference(formatObjectReference(one))).toEqual(one),
    ),
  );
});

it('either reads a text or says that it is no reference', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        const { name } = parseObjectReference(`gs://bucket/${text}`);
        expect(text.startsWith(name)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidObjectReferenceError);
      }
    }),
  );
});

it.each([
  ['gs://models/a/b.bin#17', { bucket: 'models', name: 'a/b.bin', generation: '17' }],
  ['gs://models/a/b.bin', { bucket: 'models', name: 'a/b.bin' }],
  ['gs://models/a#b', { bucket: 'models', name: 'a#b' }],
  ['gs://models/a#12#345', { bucket: 'models', name: 'a#12', generation: '345' }],
  ['gs://models/a#12#', { bucket: 'models', name: 'a#12' }],
  ['gs://models//a/', { bucket: 'models', name: '/a/' }],
  ['gs://dl.example.com/ü 100%2F.bin', { bucket: 'dl.example.com', name: 'ü 100%2F.bin' }],
])('reads %s', (text, expected) => {
  expect(parseObjectReference(text)).toEqual(expected);
});

it.each([
  ['models/a', '"models/a" is not an object reference: it does not begin with "gs://"'],
  ['gs://models', 'it names no object'],
  ['gs://models/', 'it names no object'],
  ['gs://models/#5', 'it names no object'],
  ['gs://Models/a', '"Models" is not the name of a bucket'],
  ['gs://a/b', '"a" is not the name of a bucket'],
  ['gs://-models/b', 'is not the name of a bucket'],
  ['gs://mo..dels/b', 'is not the name of a bucket'],
  [`gs://${'m'.repeat(64)}/b`, 'is not the name of a bucket'],
  ['gs://models/a\nb', 'has no line breaks'],
  ['gs://models/..', 'cannot be called ".."'],
  ['gs://models/\ud800', 'is not valid Unicode'],
  ['gs://models/.well-known/acme-challenge/a', 'has no objects below'],
  [`gs://models/${'ü'.repeat(513)}`, 'at most 1024 bytes'],
  ['gs://models/a#0', '"0" is not a generation'],
  ['gs://models/a#9223372036854775808', 'is not a generation'],
])('refuses %s', (text, problem) => {
  expect(() => parseObjectReference(text)).toThrow(problem);
});

it('knows a generation', () => {
  expect(['1', '1732486000000000', '9223372036854775807'].every(isGeneration)).toBe(true);
  expect(['', '0', '01', '-1', '1.5', '9223372036854775808'].some(isGeneration)).toBe(false);
});
