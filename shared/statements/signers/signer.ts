import { type KeyObject, createHash, createPublicKey } from 'node:crypto';
import type { Glob } from '../../text/glob';

/** A signer of statements, by its name in the rules. */
export type Signer = KeySigner | KeylessSigner;

/** A public key. What it has verified holds, whatever a transparency log says of it. */
export interface KeySigner {
  readonly kind: 'key';
  readonly name: string;
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
/** A key of 8192 bits takes a tenth of this; anything longer is some other file. */
const MAX_CHARACTERS = 16 * 1024;
const SUPPORTED = 'EC (P-256, P-384, P-521), Ed25519 and RSA (PKCS#1 v1.5) are supported';

/**
 * Reads a PEM file that holds one public key of EC, Ed25519 or RSA.
 *
 * @throws {InvalidSignerError}
 */
export function parsePublicKey(pem: string): Pick<KeySigner, 'key' | 'fingerprint'> {
  const key = readKey(onlyBlock(pem));
  const problem = problemOf(key);
  if (problem !== undefined) throw new InvalidSignerError(problem);
  return { key, fingerprint: fingerprintOf(key) };
}

/** The name by which people, and the hints in bundles, know a key: sha256 of its SubjectPublicKeyInfo, hexadecimal. */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Node would make a public key of a private one, or of the first block of several, without a word. */
function onlyBlock(pem: string): string {
  if (pem.length > MAX_CHARACTERS) {
    throw new InvalidSignerError('is too long for the PEM block of a public key');
  }
  const blocks = [...pem.matchAll(PEM_BLOCK)];
  const secret = blocks.find(([, label]) => label?.includes('PRIVATE KEY'));
  if (secret) {
    throw new InvalidSignerError(
      'is a private key, which belongs to whoever signs alone: name the file of its public key, and replace the key if this one was handed on',
    );
  }
  const [block, ...more] = blocks;
  if (block?.[1] === undefined) throw new InvalidSignerError('has no PEM block of a public key');
  if (more.length > 0) {
    throw new InvalidSignerError(`has ${blocks.length} PEM blocks: write a signer for each key`);
  }
  if (!PUBLIC_KEYS.includes(block[1])) {
    throw new InvalidSignerError(`is a ${block[1].toLowerCase()}, and not a public key`);
  }
  return block[0];
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
