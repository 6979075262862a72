import { verify, type KeyObject } from 'node:crypto';
import type { SignedStatement } from '../forms/signed';

/** Whether one of the signatures over a statement is this key's. */
export function isSignedBy(
  key: KeyObject,
  { message, signatures }: Pick<SignedStatement, 'message' | 'signatures'>,
): boolean {
  return hashesOf(key).some((hash) =>
    signatures.some((signature) => verifies(hash, message, key, signature)),
  );
}

/**
 * The first is what fits the key; the others are what older tools, and keys that are kept in an HSM, sign with. All are safe.
 * Ed25519 signs the message itself. EC signatures are ASN.1, those of RSA PKCS#1 v1.5.
 */
function hashesOf({ asymmetricKeyDetails, asymmetricKeyType }: KeyObject): (string | null)[] {
  if (asymmetricKeyType === 'ed25519') return [null];
  const { namedCurve } = asymmetricKeyDetails ?? {};
  if (namedCurve === 'secp384r1') return ['sha384', 'sha256'];
  if (namedCurve === 'secp521r1') return ['sha512', 'sha256'];
  return namedCurve === 'prime256v1' ? ['sha256'] : ['sha256', 'sha512', 'sha384'];
}

function verifies(
  hash: string | null,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  try {
    return verify(hash, message, key, signature);
  } catch {
    // What does not have the form of a signature is none.
    return false;
  }
}
