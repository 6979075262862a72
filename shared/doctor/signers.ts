import type { KeylessSigner, Signer } from '../statements/signers/signer';
import { tryTrustedRoot } from '../statements/signers/try-trusted-root';
import type { Check } from './check';

/** Reads the trusted roots whole, which no function does before a statement needs it; keys were read with the rules. */
export async function checkSigners(signers: readonly Signer[]): Promise<Check[]> {
  const keyless = signers.filter((signer) => signer.kind === 'keyless');
  return Promise.all(keyless.map(checkTrustedRoot));
}

async function checkTrustedRoot({ name, trustedRoot }: KeylessSigner): Promise<Check> {
  const about = `signer ${name}`;
  const what = 'trusted root';
  try {
    await tryTrustedRoot(trustedRoot);
    const { newest } = trustedRoot;
    const found = `can be read, and is of ${newest.toISOString().slice(0, 10)} or later`;
    return { about, what, state: 'ok', found };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const fix =
      'Create it again: "cosign trusted-root create", or "gh attestation trusted-root" for GitHub\'s.';
    return { about, what, state: 'wrong', found, fix };
  }
}
