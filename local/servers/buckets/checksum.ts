import { crc32c } from '../../../shared/google/crc32c';

/** The CRC32C of `bytes` as Cloud Storage writes it: base64 of its four bytes, the most significant first. */
export function checksumOf(bytes: Uint8Array): string {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32c(bytes));
  return out.toString('base64');
}
