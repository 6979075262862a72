import { checksumOf } from './store';

/** The check value of the CRC catalogues, and that of an object without content. */
it.each([
  ['', 'AAAAAA=='],
  ['123456789', '4waSgw=='],
])('writes the checksum of "%s" as the service does', (text, expected) => {
  expect(checksumOf(Buffer.from(text))).toBe(expected);
});
