import { createECDH, randomBytes, type KeyObject } from 'node:crypto';

/** The order of P-256's base point (FIPS 186-4, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const LENGTH = 32;

/**
 * Signs a digest that is made already, as Cloud KMS does and Node's `sign` does not (FIPS 186-4, 6.4). In ASN.1 DER. For a
 * server that stands for Google's: it takes no care of timing.
 */
export function signDigest(digest: Uint8Array, privateKey: KeyObject): Uint8Array {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const secret = numberOf(Buffer.from(d, 'base64url'));
  for (;;) {
    const nonce = numberOf(randomBytes(LENGTH)) % ORDER;
    const r = nonce === 0n ? 0n : abscissaOf(nonce) % ORDER;
    const s = (inverse(nonce) * (numberOf(digest) + r * secret)) % ORDER;
    if (r !== 0n && s !== 0n) return der(r, s);
  }
}

/** That of `nonce` times the base point. */
function abscissaOf(nonce: bigint): bigint {
  const point = createECDH('prime256v1');
  point.setPrivateKey(bytesOf(nonce));
  return numberOf(point.getPublicKey().subarray(1, 1 + LENGTH));
}

/** By Fermat: the order is a prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function der(...numbers: readonly bigint[]): Uint8Array {
  const body = Buffer.concat(
    numbers.map((number) => {
      const bytes = signless(bytesOf(number));
      return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
    }),
  );
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** Without leading zeros, but one where the first bit would make it negative. */
function signless(bytes: Buffer): Buffer {
  const shortest = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return (shortest[0] ?? 0) < 0x80 ? shortest : Buffer.concat([Buffer.from([0]), shortest]);
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * LENGTH, '0'), 'hex');
}
