import { type KeyObject, createHash, createPublicKey } from 'node:crypto';
import type { Glob } from '../../text/glob';

/** A signer of statements, by its name in the rules. */
export type Signer = KeySigner | KeylessSigner;

/** Signs with any one of some keys. What a key has verified holds, whatever a transparency log says of it. */
export interface KeySigner {
  readonly kind: 'key';
  readonly name: string;
  /** At least one. */
  readonly keys: readonly PublicKey[];
}

export interface PublicKey {
  readonly key: KeyObject;
  /** Of the key's SubjectPublicKeyInfo: sha256, hexadecimal. */
  readonly fingerprint: string;
}

/** An identity that Fulcio has certified, signing while its certificate was valid by a log's or a timestamp's time. */
export interface KeylessSigner {
  readonly kind: 'keyless';
  readonly name: string;
  /** Of the OpenID Connect token, exactly. */
  readonly issuer: string;
  /** The certificate's subject alternative name: a URI or an e-mail address. */
  readonly identity: Glob;
  readonly trustedRoot: TrustedRoot;
}

/** Whom to believe about identities and times: Sigstore's own format (`trusted_root.json`, protobuf-specs `TrustedRoot`). */
export interface TrustedRoot {
  /** As it was read, for the library that verifies with it. */
  readonly json: object;
  /** When the newest of its authorities and logs began: what its operator has added since is not in it. */
  readonly newest: Date;
  /** From when on nothing new can be proven by it, since no authority or no log of it is valid any more. */
  readonly ends: Date | undefined;
}

/** A file that can be no signer's. The message is a predicate: it follows the name of the file. */
export class InvalidSignerError extends Error {
  override readonly name = 'InvalidSignerError';
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/g;
const PUBLIC_KEYS = ['PUBLIC KEY', 'RSA PUBLIC KEY'];
/** OpenSSL's names of P-256, P-384 and P-521. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
const RSA_BITS = { least: 2048, most: 8192 };
/** Ten keys of 8192 bits; anything longer is some other file. */
const MAX_CHARACTERS = 16 * 1024;
const SUPPORTED = 'EC (P-256, P-384, P-521), Ed25519 and RSA (PKCS#1 v1.5) are supported';

/**
 * Reads a PEM file that holds public keys of EC, Ed25519 or RSA: at least one, each once.
 *
 * @throws {InvalidSignerError}
 */
export function parsePublicKeys(pem: string): readonly [PublicKey, ...PublicKey[]] {
  const keys = blocksOf(pem).map(readKey);
  const problem = keys.map(problemOf).find((one) => one !== undefined);
  if (problem !== undefined) throw new InvalidSignerError(problem);
  const [first, ...more] = new Map(keys.map((key) => [fingerprintOf(key), key]));
  if (!first) throw new InvalidSignerError('has no PEM block of a public key');
  const described = ([fingerprint, key]: typeof first): PublicKey => ({ key, fingerprint });
  return [described(first), ...more.map(described)];
}

/** The name by which people, and the hints in bundles, know a key: sha256 of its SubjectPublicKeyInfo, hexadecimal. */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Node would make a public key of a private one, or of the first block of several, without an error. */
function blocksOf(pem: string): readonly string[] {
  if (pem.length > MAX_CHARACTERS) {
    throw new InvalidSignerError(`is longer than ${MAX_CHARACTERS} characters`);
  }
  const blocks = [...pem.matchAll(PEM_BLOCK)];
  const secret = blocks.find(([, label]) => label?.includes('PRIVATE KEY'));
  if (secret) {
    throw new InvalidSignerError(
      'is a private key: name the file of its public key, and replace the key if others have seen it',
    );
  }
  for (const [, label = ''] of blocks) {
    if (PUBLIC_KEYS.includes(label)) continue;
    throw new InvalidSignerError(`is a ${label.toLowerCase()}, and not a public key`);
  }
  return blocks.map(([block]) => block);
}

function readKey(block: string): KeyObject {
  try {
    return createPublicKey(block);
  } catch (cause) {
    throw new InvalidSignerError('has a public key that cannot be read', { cause });
  }
}

function problemOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const { namedCurve = 'no name', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ed25519') return undefined;
  if (asymmetricKeyType === 'ec') {
    if (CURVES.includes(namedCurve)) return undefined;
    return `has a key on the curve ${namedCurve}: ${SUPPORTED}`;
  }
  if (asymmetricKeyType === 'rsa') {
    if (modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most) return undefined;
    return `has an RSA key of ${modulusLength} bits: from ${RSA_BITS.least} to ${RSA_BITS.most} are accepted`;
  }
  return `has a key of type ${asymmetricKeyType ?? 'unknown'}: ${SUPPORTED}`;
}
