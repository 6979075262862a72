import type { Signer } from '../statements/signer';
import { didYouMean } from '../text/nearest';
import type { ClauseProblem, Signers } from './clause';

/** Those that are named, without duplicates. What is named and wrong is told elsewhere. */
export function signersOf(names: readonly string[], signers: Signers): readonly Signer[] {
  return [...new Set(names)].flatMap((name) => signers.get(name) ?? []);
}

/** Names that no signer has, at a place of a rule. */
export function unknownSigners(
  names: readonly string[],
  signers: Signers,
  at: readonly PropertyKey[],
): ClauseProblem[] {
  return names.flatMap((name, index) =>
    signers.has(name)
      ? []
      : [
          {
            at: [...at, index],
            message: `unknown signer "${name}"${didYouMean(name, signers.keys())}`,
          },
        ],
  );
}

/** Who a signer is, as plain data: equal where the same signatures count. */
export function describeSigner(signer: Signer): object {
  if (signer.kind === 'key') return { name: signer.name, key: signer.fingerprint };
  const { name, issuer, identity, trustedRoot } = signer;
  return { name, issuer, identity: identity.text, trustedRoot: trustedRoot.json };
}
