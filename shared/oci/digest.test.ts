import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  digestAlgorithm,
  digestHex,
  digestOf,
  finishDigest,
  isDigest,
  parseDigest,
} from './digest';

it('makes digests that it reads again', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('sha256', 'sha512'), (bytes, algorithm) => {
      const digest = digestOf(bytes, algorithm);
      expect(parseDigest(digest)).toBe(digest);
      expect(digestAlgorithm(digest)).toBe(algorithm);
      expect(digestHex(digest)).toBe(createHash(algorithm).update(bytes).digest('hex'));
    }),
  );
});

it('ends a running hash', () => {
  expect(finishDigest(createHash('sha256').update('a').update('b'), 'sha256')).toBe(
    digestOf(Buffer.from('ab')),
  );
});

it.each([
  '',
  'sha256:',
  `sha256:${'a'.repeat(63)}`,
  `sha256:${'A'.repeat(64)}`,
  `sha512:${'a'.repeat(64)}`,
  `md5:${'a'.repeat(32)}`,
  `sha256:${'a'.repeat(64)}\n`,
  `sha256:${'a'.repeat(62)}/..`,
  `xsha256:${'a'.repeat(64)}`,
])('refuses %j', (text) => {
  expect(isDigest(text)).toBe(false);
  expect(() => parseDigest(text)).toThrow(
    new TypeError(`${JSON.stringify(text)} is not a digest (sha256:<64 hex> or sha512:<128 hex>)`),
  );
});

it('quotes only the beginning of an invalid digest', () => {
  expect(() => parseDigest('x'.repeat(200))).toThrow(`"${'x'.repeat(160)}" is not a digest`);
});
