import type { Statement } from './statement';

/** A statement with the signatures over it, none of which is verified yet. */
export interface SignedStatement extends Statement {
  /** The `docker-reference` of cosign's old signatures: the image that the signer named, with or without a tag. */
  readonly madeFor?: string;
  /** The bytes that were signed. */
  readonly message: Uint8Array;
  /** One that verifies is enough. */
  readonly signatures: readonly Uint8Array[];
  /** The fingerprint of the key that is said to have signed it: for people, never believed. */
  readonly keyHint?: string;
  /**
   * Where there is a certificate, a Sigstore bundle in its JSON form for each signature, by which the identity is
   * verified.
   */
  readonly bundles: readonly object[];
}
