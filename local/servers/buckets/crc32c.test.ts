import { crc32c } from './crc32c';

/** RFC 3720, appendix B.4, and the check value of the CRC catalogues. */
it.each([
  ['nothing', Buffer.alloc(0), 'AAAAAA=='],
  ['32 zeros', Buffer.alloc(32), 'ipE2qg=='],
  ['32 ones', Buffer.alloc(32, 0xff), 'YqirQw=='],
  ['123456789', Buffer.from('123456789'), '4waSgw=='],
])('knows the checksum of %s', (_name, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
