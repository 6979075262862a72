import type { KeyObject } from 'node:crypto';
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
