import { digestAlgorithm, digestHex, type Digest } from '../../oci/digest';

/** What is said about one digest. */
export interface Claim {
  readonly predicateType: string;
  readonly predicate: object;
}

/** An in-toto statement (https://github.com/in-toto/attestation, v1) of a claim; `name` is where the digest is. */
export function statementOf(
  { predicateType, predicate }: Claim,
  subject: { readonly name: string; readonly digest: Digest },
): object {
  const { name, digest } = subject;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { [digestAlgorithm(digest)]: digestHex(digest) } }],
    predicateType,
    predicate,
  };
}
