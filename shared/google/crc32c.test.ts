import { crc32c } from './crc32c';

/** RFC 3720, appendix B.4, and the check value of the CRC catalogues. */
it.each([
  ['nothing', Buffer.alloc(0), 0],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
])('knows the checksum of %s', (_name, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
