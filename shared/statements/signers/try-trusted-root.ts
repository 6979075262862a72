import type { TrustedRoot } from './signer';

/** Reads a trusted root whole, as the first statement that is verified with it does. @throws {InvalidSignerError} */
export async function tryTrustedRoot(root: TrustedRoot): Promise<void> {
  const { verifierFor } = await import('./keyless.js');
  verifierFor(root);
}
