import type { Signer } from '../statements/signers/signer';
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

/** Sigstore's own operators add and rotate something every year. */
const OLD_MS = 365 * 24 * 60 * 60 * 1000;

/** What may keep a signer's statements from being proven, now or soon. */
export function notesOnSigners(signers: readonly Signer[], now: Date): string[] {
  return signers.flatMap((signer) => {
    if (signer.kind === 'key') return [];
    const { newest, ends } = signer.trustedRoot;
    const who = `signer "${signer.name}"`;
    const anew = '`cosign trusted-root create` or `gh attestation trusted-root` makes a new one';
    if (ends !== undefined && ends <= now) {
      return [
        `${who} has a trusted root of which nothing is valid since ${dayOf(ends)}: nothing new can be proven by it; ${anew}`,
      ];
    }
    if (now.getTime() - newest.getTime() <= OLD_MS) return [];
    return [
      `${who} has an old trusted root: the newest in it began on ${dayOf(newest)}, and what was added since is not known; ${anew}`,
    ];
  });
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
