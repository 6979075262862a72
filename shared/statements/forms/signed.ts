import type { Statement } from './statement';

/** A statement with the signatures over it, none of which is verified yet. */
export interface SignedStatement extends Statement {
  /** The bytes that were signed. */
  readonly message: Uint8Array;
  /** One that verifies is enough. */
  readonly signatures: readonly Uint8Array[];
  /** The fingerprint of the key that is said to have signed it: for people, never believed. */
  readonly keyHint?: string;
  /**
   * What a certified identity needs to be verified, where it is there: a Sigstore bundle in its JSON form, for each
   * signature one.
   */
  readonly bundles: readonly object[];
}
