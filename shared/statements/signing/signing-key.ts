import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fingerprintOf } from '../signers/signer';

/** Signs as cosign verifies with a public key: ECDSA over P-256 and SHA-256. */
export interface SigningKey {
  readonly publicKey: (signal?: AbortSignal) => Promise<KeyObject>;
  /** The signature of `bytes`, in ASN.1 DER. */
  readonly sign: (bytes: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>;
}

/** What a setting says: a version of a key in Cloud KMS by its full name, or the private key itself. */
export type SigningKeyName = { readonly kms: string } | { readonly key: KeyObject };

/** A key that nothing can be signed with; the message says what to do. */
export class UnusableKeyError extends Error {
  override readonly name = 'UnusableKeyError';
}

const SCHEME = 'gcpkms://';
/** cosign's own documents write `versions`, too. */
const KMS_VERSION =
  /^(projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+)\/(?:cryptoKeyVersions|versions)\/(\d+)$/;
const P256 = 'prime256v1';

/** Reads what SIGNING_KEY and `--key` take: `gcpkms://…`, or the path of a PEM file. @throws {UnusableKeyError} */
export function readSigningKey(text: string): SigningKeyName {
  if (text.startsWith(SCHEME)) {
    const [, key = '', version = ''] = KMS_VERSION.exec(text.slice(SCHEME.length)) ?? [];
    if (key !== '') return { kms: `${key}/cryptoKeyVersions/${version}` };
    throw new UnusableKeyError(
      `"${text}" names no version of a key: write gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1`,
    );
  }
  try {
    return { key: privateKeyOf(readFileSync(text, 'utf8'), text) };
  } catch (cause) {
    if (cause instanceof UnusableKeyError) throw cause;
    throw new UnusableKeyError(`${text} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function privateKeyOf(pem: string, file: string): KeyObject {
  if (/-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem)) {
    throw new UnusableKeyError(
      `${file} is a key that cosign has encrypted, which only cosign reads: sign with "cosign attest", or give a key in Cloud KMS or a PEM file without a password`,
    );
  }
  if (pem.includes('-----BEGIN PUBLIC KEY-----')) {
    throw new UnusableKeyError(`${file} is a public key: to sign takes the private one`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    const isEncrypted = pem.includes('ENCRYPTED');
    throw new UnusableKeyError(
      isEncrypted
        ? `${file} has a password, which cannot be given here: write it without one ("openssl pkey -in ${file}"), or keep the key in Cloud KMS`
        : `${file} is no private key in PEM: make one with "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"`,
      { cause },
    );
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ec' && details?.namedCurve === P256) return key;
  const kind = details?.namedCurve ?? type ?? 'unknown';
  throw new UnusableKeyError(
    `${file} holds a key of type ${kind}: the relay signs with ECDSA over P-256`,
  );
}

/** Signs with a private key that {@link readSigningKey} has read. */
export function openPrivateKey(key: KeyObject): SigningKey {
  const publicKey = createPublicKey(key);
  return {
    publicKey: () => Promise.resolve(publicKey),
    sign: (bytes) => Promise.resolve(sign('sha256', bytes, key)),
  };
}

/** How Sigstore's bundles point at a key: by its fingerprint, in base64. */
export function keyHint(publicKey: KeyObject): string {
  return Buffer.from(fingerprintOf(publicKey), 'hex').toString('base64');
}
